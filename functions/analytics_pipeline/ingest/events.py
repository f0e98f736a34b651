"""Pure: split a request body into events.

The grammar: one byte order mark is dropped; a JSON value is one event, an array one event for each
element; else, if the first line that is not blank is a JSON object, each such line is one.
"""

import io
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.ingest.quoting import is_utf8, quote
from analytics_pipeline.ingest.refusals import (
    EmptyBatch,
    TooDeep,
    TooManyEvents,
    TooManyValues,
)

MAX_DEPTH = 250
_BOM = b"\xef\xbb\xbf"
_SHORT_BYTES = 64 * 1024  # so few that all events may be taken apart at a time
_MEDIUM_BYTES = 640 * 1024  # so few that its values take 20 MB at most, of one body at a time
_FEW_VALUES = 20_000


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much one body may hold, and how many bytes may be stored of it."""

    max_json_values: int
    max_events: int
    max_stored_bytes: int


class Event(msgspec.Struct, frozen=True):
    """The members of one event; `wraps` is "value" or "line" where they hold what is no object."""

    members: dict[str, Raw]
    wraps: str | None = None


@dataclass(slots=True)
class _Values:
    """Counts JSON values before they are built: 31 KB of gzip could become 1 GB of objects."""

    left: int
    few: int  # so few in one text need not be counted exactly, nor proved to be JSON first
    admit: Callable[[int], None]

    def take(self, text: bytes) -> None:
        """Count the values of a long JSON text; what holds more than `few` is proved to be JSON.

        Raises TooManyValues, what `admit` raises, and as json_text.check_value.
        """
        if self.few and len(text) <= _MEDIUM_BYTES:
            return
        values = 1 + json_text.count_up_to(self.few, text, *json_text.BEFORE_VALUE)
        if values > self.few:
            json_text.check_value(text)
            values = json_text.measure(text).values
            if values > self.left:
                raise TooManyValues("more JSON values than are accepted at a time")
            self.left -= values
        self.admit(values)


def split_body(
    body: bytes, limits: BodyLimits, admit: Callable[[int], None] = lambda _: None
) -> Iterable[Event] | None:
    """Return the events of a body in order, None for one that is neither JSON nor NDJSON.

    An element that is not an object becomes `{"_value": …}`, a line that is not JSON
    `{"_raw": "…"}`, and if it is not UTF-8 also `"_base64"`. `admit` is called with the number of
    JSON values, and may raise, before many of them are built. Raises EmptyBatch, and here or as
    the events are taken, TooDeep, TooManyEvents, TooManyValues or BodyTooLarge.
    """
    text = body.removeprefix(_BOM)
    start = text.lstrip(json_text.WHITESPACE)[:1]
    if not start:
        raise EmptyBatch("the body holds no event")
    short = _split_short(text, start, limits)
    if short is not None:
        return short
    few = _FEW_VALUES if _has_at_most(limits.max_json_values, text) else 0
    values = _Values(limits.max_json_values, few, admit)
    events = _split_value(text, start, limits, values) if is_utf8(text) else None
    if events is None and start == b"{":
        events = _split_lines(text, limits, values)
    return events


def _has_at_most(limit: int, text: bytes) -> bool:
    """Return whether neither `text` nor all its lines hold more than `limit` JSON values for sure.

    Each takes two bytes, with what is between it and the next.
    """
    return (
        len(text) <= 2 * limit
        or json_text.count_up_to(limit, text, *json_text.BEFORE_VALUE, b"\n") < limit
    )


def _split_short(text: bytes, start: bytes, limits: BodyLimits) -> list[Event] | None:
    """Return the events of a short body that one look proves good, else None."""
    if (
        start not in json_text.OPENING
        or len(text) > _SHORT_BYTES
        or json_text.count_up_to(MAX_DEPTH, text, *json_text.OPENING) > MAX_DEPTH
        or not _has_at_most(limits.max_json_values, text)
        or not is_utf8(text)
    ):
        return None
    try:
        objects = json_text.split_objects(text) if start == b"[" else [json_text.split_object(text)]
    except (json_text.NotJson, json_text.TooDeep):
        return None
    return [Event(each) for each in objects] if 0 < len(objects) <= limits.max_events else None


def _split_value(
    text: bytes, start: bytes, limits: BodyLimits, values: _Values
) -> Iterator[Event] | None:
    """Return the events of a body that is one JSON value, None if it is not."""
    try:
        if start in json_text.OPENING:
            values.take(text)
        if start != b"[":
            return iter([_as_event(text, MAX_DEPTH)])
        elements = json_text.split_array(text)
    except json_text.NotJson:
        return None
    except json_text.TooDeep as exc:
        raise TooDeep(str(exc)) from exc
    if not elements:
        raise EmptyBatch("the array holds no event")
    if len(elements) > limits.max_events:
        raise TooManyEvents(f"{len(elements)} events, at most {limits.max_events} are accepted")
    return (_as_event(bytes(element), MAX_DEPTH - 1) for element in elements)


def _as_event(text: bytes, max_depth: int) -> Event:
    """Return the event that a JSON value is, wrapped unless it is an object.

    Raises TooDeep, and as json_text.check_value.
    """
    if text.lstrip(json_text.WHITESPACE).startswith(b"{"):
        event = Event(json_text.split_object(text))
    else:
        json_text.check_value(text)
        event = Event({"_value": Raw(text.strip(json_text.WHITESPACE))}, "value")
    brackets = json_text.count_up_to(max_depth, text, *json_text.OPENING)
    if brackets > max_depth and json_text.measure(text).depth > max_depth:
        raise TooDeep(f"the JSON is nested more than {MAX_DEPTH} deep")
    return event


def _split_lines(text: bytes, limits: BodyLimits, values: _Values) -> Iterator[Event] | None:
    """Return the events of an NDJSON body, None if its first line is not a JSON object."""
    lines = _lines(text)
    try:
        first = _read_line(next(lines), values)
    except json_text.NotJson:
        return None
    return chain([first], _following_lines(lines, limits, values))


def _following_lines(
    lines: Iterator[bytes], limits: BodyLimits, values: _Values
) -> Iterator[Event]:
    for number, line in enumerate(lines, start=2):
        if number > limits.max_events:
            raise TooManyEvents(f"more than {limits.max_events} events")
        try:
            yield _read_line(line, values)
        except json_text.NotJson:
            yield _wrap_line(line, limits.max_stored_bytes)


def _read_line(line: bytes, values: _Values) -> Event:
    """Return the event of a line; raises NotJson for one that is no JSON or not UTF-8."""
    if not is_utf8(line):
        raise json_text.NotJson("not UTF-8")
    try:
        values.take(line)
        return _as_event(line, MAX_DEPTH)
    except json_text.TooDeep as exc:
        raise TooDeep(str(exc)) from exc


def _wrap_line(line: bytes, max_bytes: int) -> Event:
    members = {"_raw": Raw(quote(line, max_bytes))}
    if not is_utf8(line):
        members["_base64"] = Raw(b'"' + b64encode(line) + b'"')
    return Event(members, "line")


def _lines(text: bytes) -> Iterator[bytes]:
    r"""Yield the lines that are not blank; `\n` ends a line, one `\r` before it is dropped."""
    for line in io.BytesIO(text):
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if content.strip(json_text.WHITESPACE):
            yield content
