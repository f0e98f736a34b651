"""Pure: one stored line becomes one row of `events_function`, or a reject.

schemas/events_function.json describes the columns and gives their types.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from analytics_pipeline import json_text
from analytics_pipeline.event_ids import read_own_id
from analytics_pipeline.json_text import TooDeep
from analytics_pipeline.load import column_values
from analytics_pipeline.load.json_columns import JsonFitter
from analytics_pipeline.load.json_nesting import check_nesting
from analytics_pipeline.schemas import SCHEMAS
from analytics_pipeline.stored_objects import is_believable
from analytics_pipeline.time_texts import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analytics_pipeline.load.contents import Line
    from analytics_pipeline.stored_objects import StoredObject

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
}
# Envelope fields that only repeat what the object's name says → their columns.
_REPEATED = {"batchId": "batch_id", "analyticsEnvironment": "analytics_environment"}
# What `ingest` wrapped because it is no event, and says so where no client can.
_WRAPPED = {
    b'"value"': ("not_an_object", "the event is not a JSON object"),
    b'"line"': ("invalid_line", "the line is not JSON"),
}
_NULL = msgspec.Raw(b"null")


class Row(msgspec.Struct, frozen=True):
    """A row of `events_function`; a column that is not in `values` is NULL.

    STRING, INTEGER, DATE (`YYYY-MM-DD`) and TIMESTAMP (RFC 3339, microseconds) values are text. A
    JSON value is `msgspec.Raw`: insertAll and load jobs want it encoded differently.
    """

    values: Mapping[str, object]
    insert_id: str
    line: Line

    def reject(self, reason: str, detail: str) -> Reject:
        """Return its line as one that cannot become a row."""
        return Reject(self.line, reason, detail)


class Reject(msgspec.Struct, frozen=True):
    """A line that cannot become a row; `reason` is that of its dead letter."""

    line: Line
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class LineContext:
    """What the lines of one object share: values by column, and its creation time in UTC.

    `repeated` are the fields of the envelope that only say so again.
    """

    columns: Mapping[str, str]
    created: datetime
    repeated: Mapping[str, msgspec.Raw]

    @classmethod
    def of(cls, stored: StoredObject, *, inserted: datetime) -> LineContext:
        """Return the context of an object's lines; `inserted` is the loader's clock, UTC."""
        partition = stored.place.partition
        columns = {
            "analytics_environment": partition.analytics_environment,
            "event_category": partition.event_category,
            "event_ds": partition.event_ds,
            "event_time": partition.event_time,
            "session_id": stored.place.session_id,
            "inserted_timestamp": format_moment(inserted),
            "batch_id": stored.batch_id,
            "gcs_uri": stored.ref.uri,
            "generation": stored.ref.generation,
        }
        repeated = {
            field: msgspec.Raw(b'"%b"' % columns[column].encode())
            for field, column in _REPEATED.items()
        }
        present = {name: value for name, value in columns.items() if value}
        return cls(present, stored.created, repeated)

    def read_received(self, text: msgspec.Raw) -> datetime | None:
        """Return the envelope's time, None for one that BigQuery would refuse as a partition."""
        return _read_received(bytes(text), self.created)


def make_row(line: Line, context: LineContext) -> Row | Reject:
    """Return the row of an object's line.

    Only a line that is no event is rejected (`not_an_object`, `invalid_line`): a value that does
    not fit its column is kept in `extra`.
    """
    members = _split_line(line)
    if isinstance(members, Reject):
        return members
    insert_id = f"{context.columns['batch_id']}/{line.number - 1}"
    values: dict[str, object] = {**context.columns, "line": str(line.number)}
    received = _take(members, "receivedTimestamp", context.read_received) or context.created
    sent = _take(members, "sentTimestamp", column_values.read_moment)
    values["received_timestamp"] = timestamp = format_moment(received)
    values["received_date"] = timestamp.partition("T")[0]
    own_id = _take(members, "eventId", column_values.read_id) or read_own_id(None, members)
    values["event_id"] = own_id or insert_id
    for field, repeated in context.repeated.items():
        if members.get(field) == repeated:
            del members[field]
    for column, field, read in _SCALARS:
        value = _take(members, field if field in members else column, read)
        if value is not None:
            values[column] = value
            if column == "event_timestamp":
                values["corrected_timestamp"] = _correct(value, received, sent)
    values |= _take_json(members)
    return Row(values, insert_id, line)


def _correct(timestamp: str, received: datetime, sent: datetime | None) -> str:
    """Return the client's time by our clock, if it said what its clock was when it sent."""
    if sent is None:
        return timestamp
    try:
        return format_moment(datetime.fromisoformat(timestamp) + (received - sent))
    except OverflowError:  # outside the years 1 to 9999
        return timestamp


def _split_line(line: Line) -> dict[str, msgspec.Raw] | Reject:
    """Return the fields of the event on the line."""
    text = line.payload
    try:
        text.decode()
        members = json_text.split_object(text)
        check_nesting(text)
    except (UnicodeDecodeError, TooDeep) as exc:
        return Reject(line, "invalid_line", str(exc))
    except json_text.NotJson as exc:
        return Reject(line, "not_an_object" if _is_json(text) else "invalid_line", str(exc))
    mark = members.get("envelopeWraps")
    wrapped = mark and _WRAPPED.get(bytes(mark))
    return Reject(line, *wrapped) if wrapped else members


def _is_json(line: bytes) -> bool:
    try:
        json_text.check_value(line)
    except (json_text.NotJson, TooDeep):
        return False
    return True


def _take(
    members: dict[str, msgspec.Raw], field: str, read: Callable[[msgspec.Raw], _Value | None]
) -> _Value | None:
    """Take a field out of `members` and return its value; one that does not fit stays there."""
    raw = members.get(field)
    value = None if raw is None else read(raw)
    if value is not None or raw == _NULL:
        del members[field]
    return value


def _take_json(members: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Take the attributes, and all that is left as `extra`; return what there is by column."""
    fitter = JsonFitter()
    field = "eventAttributes" if "eventAttributes" in members else "event_attributes"
    columns = {
        "event_attributes": _take(members, field, fitter.fit_attributes),
        "extra": fitter.fit_extra(members),
    }
    return {column: value for column, value in columns.items() if value is not None}


@lru_cache(maxsize=64)  # the events of a batch share the time they were received
def _read_received(text: bytes, created: datetime) -> datetime | None:
    received = column_values.read_moment(text)
    return received if received and is_believable(received, created) else None


_SCHEMA = SCHEMAS / "events_function.json"
_TYPES = {each["name"]: each["type"] for each in msgspec.json.decode(_SCHEMA.read_bytes())}
COLUMNS = frozenset(_TYPES)
JSON_COLUMNS = tuple(name for name, type_ in _TYPES.items() if type_ == "JSON")
_SCALARS = tuple(
    (column, field, column_values.READERS[_TYPES[column]])
    for column, field in _CLIENT_FIELDS.items()
)
