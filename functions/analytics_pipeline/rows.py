"""Pure: one stored line becomes one row of `events_function`, or a reject.

schemas/events_function.json describes the columns and gives their types.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.column_values import READERS, format_timestamp, read_moment, read_string
from analytics_pipeline.json_columns import MAX_PARSED_NESTING, JsonFitter, is_json
from analytics_pipeline.object_names import batch_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analytics_pipeline.finalized import StoredObject

_Value = TypeVar("_Value")

# Column → the client's field; the column's own name is accepted, too.
_CLIENT_FIELDS = {
    "session_id": "sessionId",
    "event_environment": "eventEnvironment",
    "event_source": "eventSource",
    "event_class": "eventClass",
    "event_type": "eventType",
    "build_version": "buildVersion",
    "player_id": "playerId",
    "event_index": "eventIndex",
    "event_timestamp": "eventTimestamp",
    "event_attributes": "eventAttributes",
}
_ENVELOPE = {"receivedTimestamp", "batchId", "eventId", "analyticsEnvironment", "eventAttributes"}
# How events.split_body wraps what is no event, once it is stamped.
_WRAPPED = {
    frozenset(_ENVELOPE | {"_value"}): ("not_an_object", "the event is not a JSON object"),
    frozenset(_ENVELOPE | {"_raw"}): ("invalid_line", "the line is not JSON"),
}
_MAX_EVENT_ID_LENGTH = 1024
# A partition that streaming takes: 1825 days back, with time left until the object is loaded.
_MAX_AGE = timedelta(days=1800)
_MAX_CLOCK_SKEW = timedelta(days=1)
_ROW_OVERHEAD = 1000  # bytes of the columns that are not in the line


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `events_function`; a column that is not in `values` is NULL.

    STRING, INTEGER, DATE (`YYYY-MM-DD`) and TIMESTAMP (RFC 3339, microseconds) values are text. A
    JSON value is `msgspec.Raw`: insertAll and load jobs want it encoded differently. `size`
    estimates the bytes of the row.
    """

    values: Mapping[str, object]
    insert_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A line, counted from 1, that cannot become a row; `reason` is that of its dead letter."""

    line: int
    reason: str
    detail: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class LineContext:
    """What the lines of one object share.

    `columns` are the values of that kind; `repeated` the JSON text of envelope fields that only
    repeat them; `created` the object's creation time, UTC.
    """

    batch_id: str
    created: datetime
    columns: Mapping[str, object]
    repeated: Mapping[str, bytes]

    @classmethod
    def of(cls, stored: StoredObject, *, inserted: datetime) -> LineContext:
        """Return the context of an object's lines; `inserted` is the loader's clock, UTC."""
        partition = stored.place.partition
        batch_id = batch_id_of(stored.ref.uri)
        columns = {
            "analytics_environment": partition.analytics_environment,
            "event_category": partition.event_category,
            "event_ds": _read_date(partition.event_ds),
            "event_time": partition.event_time,
            "session_id": stored.place.session_id or None,
            "inserted_timestamp": format_timestamp(inserted),
            "batch_id": batch_id,
            "gcs_uri": stored.ref.uri,
        }
        return cls(
            batch_id,
            stored.created,
            {column: value for column, value in columns.items() if value is not None},
            {
                "batchId": msgspec.json.encode(batch_id),
                "analyticsEnvironment": msgspec.json.encode(partition.analytics_environment),
            },
        )

    def read_received(self, text: bytes) -> datetime | None:
        """Return the envelope's time, None for one that BigQuery would refuse as a partition."""
        received = read_moment(text)
        if received is None or not -_MAX_CLOCK_SKEW <= self.created - received <= _MAX_AGE:
            return None
        return received


def make_row(line: bytes, context: LineContext, index: int) -> Row | Reject:
    """Return the row of an object's line; `index` counts from 0.

    Only a line that is no event is rejected (`not_an_object`, `invalid_line`): a value that does
    not fit its column is kept in `extra`.
    """
    members = _split_line(line, index)
    if isinstance(members, Reject):
        return members
    insert_id = f"{context.batch_id}/{index}"
    values = dict(context.columns)
    received = _take(members, "receivedTimestamp", context.read_received) or context.created
    values["received_timestamp"] = format_timestamp(received)
    values["received_date"] = received.date().isoformat()
    values["event_id"] = _take(members, "eventId", _read_event_id) or insert_id
    for field, text in context.repeated.items():
        if field in members and bytes(members[field]) == text:
            del members[field]
    for column, field, read in _SCALARS:
        value = _take(members, field if field in members else column, read)
        if value is not None:
            values[column] = value
    _take_json(members, values)
    return Row(values, insert_id, len(line) + _ROW_OVERHEAD)


def _split_line(line: bytes, index: int) -> dict[str, Raw] | Reject:
    """Return the members of the event on the line."""
    try:
        line.decode()
        if json_text.is_deeper_than(MAX_PARSED_NESTING, line):
            return Reject(index + 1, "invalid_line", "the line is nested too deeply", line)
        members = json_text.split_object(line)
    except UnicodeDecodeError as exc:
        return Reject(index + 1, "invalid_line", str(exc), line)
    except json_text.NotJson as exc:
        reason = "not_an_object" if is_json(line) else "invalid_line"
        return Reject(index + 1, reason, str(exc), line)
    wrapped = _WRAPPED.get(frozenset(members)) if len(members) == len(_ENVELOPE) + 1 else None
    if wrapped and bytes(members["eventAttributes"]) == b'"{}"':
        return Reject(index + 1, *wrapped, line)
    return members


def _take(
    members: dict[str, Raw], field: str, read: Callable[[bytes], _Value | None]
) -> _Value | None:
    """Take a field out of `members` and return its value; one that does not fit stays there."""
    raw = members.get(field)
    if raw is None:
        return None
    text = bytes(raw)
    value = read(text)
    if value is not None or text == b"null":
        del members[field]
    return value


def _take_json(members: dict[str, Raw], values: dict[str, object]) -> None:
    """Take the attributes, and all that is left as `extra`."""
    fitter = JsonFitter()
    column = "event_attributes"
    field = _CLIENT_FIELDS[column]
    raw = members.pop(field if field in members else column, None)
    if raw is not None and bytes(raw) != b"null":
        values[column] = fitter.fit_embedded(column, bytes(raw))
    extra = fitter.fit("extra", json_text.join_object(members)) if members else Raw(b"{}")
    if fitter.adjusted:
        if "_adjusted" in members:  # the client's own gives way to ours, on record
            fitter.adjusted.append("extra._adjusted")
        adjusted = Raw(msgspec.json.encode(fitter.adjusted))
        extra = Raw(json_text.join_object(json_text.split_object(extra) | {"_adjusted": adjusted}))
    if members or fitter.adjusted:
        values["extra"] = extra


def _read_event_id(text: bytes) -> str | None:
    event_id = read_string(text) if text.startswith(b'"') else None
    return event_id if event_id and len(event_id) <= _MAX_EVENT_ID_LENGTH else None


def _read_date(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


class _Column(msgspec.Struct):
    name: str
    type: str


_SCHEMA = Path(__file__).with_name("schemas") / "events_function.json"
# Column, client's field, reader; the JSON column has its own way.
_SCALARS = tuple(
    (column.name, _CLIENT_FIELDS[column.name], READERS[column.type])
    for column in msgspec.json.decode(_SCHEMA.read_bytes(), type=list[_Column])
    if column.name in _CLIENT_FIELDS and column.type in READERS
)
