"""Pure: split a request body into events and stamp the envelope on each."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.ingest.refusals import EmptyBatch, TooDeep, TooManyEvents, TooManyValues

MAX_DEPTH = 250
_BOM = b"\xef\xbb\xbf"
_ENVELOPE_NAMES = frozenset(
    name
    for field in ("received_timestamp", "batch_id", "event_id", "analytics_environment")
    for name in (field, field.replace("_", ""))
)
_ATTRIBUTES_NAMES = frozenset({"event_attributes", "eventattributes"})


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much one body may hold."""

    max_json_values: int
    max_events: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields that the server adds to every event of a batch.

    `received_timestamp` is the JSON number of seconds since the epoch; the event at `index` gets
    the id `{event_id_prefix}/{index}`.
    """

    received_timestamp: str
    batch_id: str
    event_id_prefix: str
    analytics_environment: str


def split_body(body: bytes, limits: BodyLimits) -> list[Raw] | None:
    """Return the events of a JSON or NDJSON body, each the text of a JSON object, in order.

    What is not an object is wrapped as `{"_value": …}`, a line that is not JSON as
    `{"_raw": "…"}`. Returns None for a body that is neither JSON nor NDJSON. Raises EmptyBatch,
    TooDeep, TooManyEvents or, before anything large is built, TooManyValues.
    """
    text = body.removeprefix(_BOM)
    start = text.lstrip(json_text.WHITESPACE)[:1]
    if not start:
        raise EmptyBatch("the body holds no event")
    if not _is_utf8(text):
        return None
    if start in b"[{" and _value_bound(text) > limits.max_json_values:
        raise TooManyValues(f"the body may hold more than {limits.max_json_values} JSON values")
    try:
        events = _split_value(text, is_array=start == b"[", limits=limits)
        if events is None and start == b"{":
            events = _split_lines(text, limits)
    except json_text.TooDeep as exc:
        raise TooDeep(str(exc)) from exc
    return events


def stamp_events(events: list[Raw], envelope: Envelope) -> bytes:
    """Return the batch as NDJSON: one event a line, its envelope last, every other token kept."""
    lines = []
    for index, event in enumerate(events):
        members = json_text.split_object(event)
        attributes = _take_reserved(members)
        members["receivedTimestamp"] = Raw(envelope.received_timestamp)
        members["batchId"] = Raw(f'"{envelope.batch_id}"')
        members["eventId"] = Raw(f'"{envelope.event_id_prefix}/{index}"')
        members["analyticsEnvironment"] = Raw(f'"{envelope.analytics_environment}"')
        members["eventAttributes"] = _as_string(attributes)
        lines.append(json_text.join_object(members))
    lines.append(b"")
    return b"\n".join(lines)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _value_bound(text: bytes) -> int:
    """Return an upper bound of the number of JSON values: each follows `,`, `[` or `{`, or starts.

    31 KB of gzip can otherwise become 1 GB of Python objects.
    """
    return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")


def _split_value(text: bytes, *, is_array: bool, limits: BodyLimits) -> list[Raw] | None:
    """Return the events of a body that is one JSON value, None if it is not."""
    try:
        if is_array:
            elements = json_text.split_array(text)
        else:
            json_text.check_value(text)
            elements = [Raw(text)]
    except json_text.NotJson:
        return None
    if not elements:
        raise EmptyBatch("the array holds no event")
    if len(elements) > limits.max_events:
        raise TooManyEvents(f"{len(elements)} events, at most {limits.max_events} are accepted")
    return [_as_object(element, MAX_DEPTH - is_array) for element in elements]


def _split_lines(text: bytes, limits: BodyLimits) -> list[Raw] | None:
    """Return the events of an NDJSON body, None if its first line is not a JSON object."""
    events: list[Raw] = []
    for line in _lines(text):
        if len(events) == limits.max_events:
            raise TooManyEvents(f"more than {limits.max_events} events")
        try:
            json_text.check_value(line)
            events.append(_as_object(Raw(line), MAX_DEPTH))
        except json_text.NotJson:
            if not events:
                return None
            events.append(Raw(b'{"_raw":' + msgspec.json.encode(line.decode()) + b"}"))
    return events


def _lines(text: bytes) -> Iterator[bytes]:
    r"""Yield the lines that are not blank; `\n` ends a line, one `\r` before it is dropped."""
    for line in io.BytesIO(text):
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if content.strip(json_text.WHITESPACE):
            yield content


def _as_object(element: Raw, max_depth: int) -> Raw:
    """Return the element itself if it is an object, else wrapped in one."""
    if json_text.is_deeper_than(max_depth, element):
        raise TooDeep(f"the JSON is nested more than {MAX_DEPTH} deep")
    text = bytes(element)
    if text.lstrip(json_text.WHITESPACE).startswith(b"{"):
        return element
    return Raw(b'{"_value":' + text + b"}")


def _take_reserved(members: dict[str, Raw]) -> Raw | None:
    """Remove every spelling of the envelope's names; return the value of `eventAttributes`.

    BigQuery ignores the case of column names, so another spelling would collide there. Of several
    spellings of the attributes the camelCase one counts, then snake_case, then the last.
    """
    attributes: dict[str, Raw] = {}
    for name in [*members]:
        lowered = name.lower()
        if lowered in _ATTRIBUTES_NAMES:
            attributes[name] = attributes[""] = members.pop(name)
        elif lowered in _ENVELOPE_NAMES:
            del members[name]
    for spelling in ("eventAttributes", "event_attributes", ""):
        if spelling in attributes:
            return attributes[spelling]
    return None


def _as_string(value: Raw | None) -> Raw:
    """Return a JSON string that holds the value's text; a string stays as it is."""
    text = b"null" if value is None else bytes(value)
    if text == b"null":
        return Raw(b'"{}"')
    if text.startswith(b'"'):
        return Raw(text)
    return Raw(msgspec.json.encode(text.decode()))
