"""Pure: rows that were inserted, and what they say of the events that they were made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from analytics_local_cloud.journal.described_events import describe_rest, read_whole
from analytics_local_cloud.journal.exchanges import Exchange
from analytics_local_cloud.journal.trace_forms import Trace

LETTERS = "dead_letters"
_OK = 200
_JSON_COLUMNS = ("event_attributes", "extra")
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


class _Row(msgspec.Struct):
    json: dict[str, Any]


class _Rows(msgspec.Struct):
    rows: list[_Row] = []


class _Refused(msgspec.Struct):
    index: int


class _Said(msgspec.Struct):
    insertErrors: list[_Refused] = []  # noqa: N815 - the wire name


class Written(msgspec.Struct):
    """A row of a table; `line` is the event's in its object, 0 for all of it; `at` when."""

    table: str
    batch_id: str
    line: int
    row: dict[str, Any]
    at: float

    @property
    def made(self) -> float | None:
        """When `load` made it, in seconds since the epoch."""
        return self._moment("inserted_timestamp")

    @property
    def received(self) -> float:
        """When the event was received, in seconds since the epoch."""
        moment = self._moment("received_timestamp")
        return self.at if moment is None else moment

    def _moment(self, column: str) -> float | None:
        try:
            return datetime.fromisoformat(self.row.get(column, "")).timestamp()
        except (TypeError, ValueError):
            return None


def written_rows(exchange: Exchange) -> Iterator[Written]:
    """Yield what an insertAll has written, a JSON column as its value."""
    try:
        asked = msgspec.json.decode(exchange.body, type=_Rows)
        said = msgspec.json.decode(exchange.answer, type=_Said)
    except _UNREADABLE:
        return
    refused = {each.index for each in said.insertErrors}
    rows = [row.json for index, row in enumerate(asked.rows) if index not in refused]
    if exchange.status == _OK:
        yield from readable_rows(exchange.path.split("/")[-2], rows, exchange.ended)


def readable_rows(table: str, rows: list[dict[str, Any]], at: float) -> Iterator[Written]:
    """Yield rows of a table, without those that do not say of which event they are."""
    for row in rows:
        batch_id, line = row.get("batch_id"), read_whole(str(row.get("line")))
        if isinstance(batch_id, str) and line is not None:
            values = {name: _value(name, value) for name, value in row.items()}
            yield Written(table, batch_id, line, values, at)


def complete(trace: Trace, written: Written) -> None:
    """Tell a trace what its event became: a row, or a dead letter; a row stays one."""
    row = written.row
    if written.table == LETTERS:
        trace.letter = row
        if trace.row is None:
            trace.state, trace.reason = "dead_letter", f"{row.get('reason')}: {row.get('detail')}"
        return
    trace.row, trace.state, trace.reason = row, "loaded", ""
    trace.session_id = str(row.get("session_id") or "")
    trace.event_type = str(row.get("event_type") or "")
    trace.player_id = str(row.get("player_id") or "")
    trace.event_index = read_whole(str(row.get("event_index", "")))
    trace.labels = (str(row.get("analytics_environment")), str(row.get("event_category")))
    if not trace.sent:
        trace.attributes = describe_rest({name: row[name] for name in _JSON_COLUMNS if name in row})


def size_of(value: object) -> int:
    """Return about how many bytes a value takes as JSON."""
    try:
        return len(msgspec.json.encode(value))
    except _UNREADABLE:
        return 100_000


def _value(name: str, value: object) -> object:
    """Return a JSON column's value: insertAll takes it as text."""
    if name not in _JSON_COLUMNS or not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except _UNREADABLE:
        return value
