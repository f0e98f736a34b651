"""`tabledata.insertAll`: checks a request row by row and appends what fits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.inserts.appender import Appender
from analytics_local_cloud.warehouse.values.json_rows import Row, RowError, RowReader

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_INSERT_ID = 128
_DAYS_PAST, _DAYS_AHEAD = 1825, 366
_EPOCH = date(1970, 1, 1)
_MICROSECONDS_PER_DAY = 86_400_000_000


class InsertRow(msgspec.Struct):
    """One row of a request."""

    json: dict[str, Any]
    insertId: str | int | None = None  # noqa: N815 - the wire name

    @property
    def identity(self) -> str | None:
        """The insert id, which clients send as a number, too."""
        return None if self.insertId is None else str(self.insertId)


class InsertRequest(msgspec.Struct):
    """`TableDataInsertAllRequest`."""

    rows: list[InsertRow] = []
    skipInvalidRows: bool | None = False  # noqa: N815 - the wire name
    ignoreUnknownValues: bool | None = False  # noqa: N815 - the wire name
    templateSuffix: str | None = None  # noqa: N815 - the wire name


_decode = msgspec.json.Decoder(InsertRequest).decode


@dataclass(frozen=True)
class Streamer:
    """Serves insertAll; `clock` returns seconds since the epoch."""

    appender: Appender
    clock: Callable[[], float]

    def insert_all(self, table: TableEntry, body: bytes) -> dict[str, Any]:
        """Append the rows durably and return the answer with its row errors.

        Raises `ApiError` for a request that is refused as a whole.
        """
        request = parse_request(body)
        if table.kind != "TABLE":
            raise ApiError("invalid", f"Cannot add rows to {table.reference.label}: it is no table")
        if not table.columns:
            raise ApiError("invalid", f"The table {table.reference.label} has no schema.")
        rows, errors = self._check(table, request)
        if not errors or request.skipInvalidRows:
            ids = [row.identity for n, row in enumerate(request.rows) if n not in errors]
            self.appender.append(table, rows, ids)
        else:
            stopped = {n: [ApiError("stopped", "")] for n in range(len(request.rows))}
            errors = {**stopped, **errors}
        return {"kind": "bigquery#tableDataInsertAllResponse", **_insert_errors(errors)}

    def _check(
        self, table: TableEntry, request: InsertRequest
    ) -> tuple[list[Row], dict[int, list[ApiError]]]:
        """Return the rows that fit, and the errors of the others by index."""
        reader = RowReader(table.columns, ignore_unknown=bool(request.ignoreUnknownValues))
        window = PartitionWindow.of(table, self.clock())
        rows: list[Row] = []
        errors: dict[int, list[ApiError]] = {}
        for number, item in enumerate(request.rows):
            try:
                row = reader.read(item.json)
                if window is not None:
                    window.check(row)
                rows.append(row)
            except RowError as exc:
                errors[number] = list(exc.errors)
        return rows, errors


def parse_request(body: bytes) -> InsertRequest:
    """Decode a request; raises `ApiError` for malformed ones and those over a limit."""
    try:
        request = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ApiError("invalid", f"Invalid JSON payload received: {exc}") from exc
    if request.templateSuffix:
        raise unsupported("templateSuffix")
    if not request.rows:
        raise ApiError("invalid", "No rows present in the request.")
    if len(request.rows) > MAX_ROWS:
        raise ApiError("invalid", f"too many rows present in the request, limit: {MAX_ROWS} row")
    if any(len(row.identity or "") > MAX_INSERT_ID for row in request.rows):
        raise ApiError("invalid", f"insertId is longer than {MAX_INSERT_ID} characters")
    return request


@dataclass(frozen=True)
class PartitionWindow:
    """The days that streaming accepts in a partitioning column."""

    column: str
    index: int
    is_timestamp: bool
    today: date

    @classmethod
    def of(cls, table: TableEntry, now: float) -> Self | None:
        """Return the window of a table partitioned by a column, None for other tables."""
        name = (table.resource.get("timePartitioning") or {}).get("field")
        for index, column in enumerate(table.columns):
            if column.name == name:
                today = datetime.fromtimestamp(now, UTC).date()
                return cls(name, index, column.type == "TIMESTAMP", today)
        return None

    def check(self, row: Row) -> None:
        """Raise `RowError` when the row's partition is too far from today."""
        value = row[self.index]
        if value is None:
            return
        day = (
            _EPOCH + timedelta(days=int(value) // _MICROSECONDS_PER_DAY)
            if self.is_timestamp
            else date.fromisoformat(str(value)[: len("2026-11-27")])
        )
        if not -_DAYS_PAST <= (day - self.today).days <= _DAYS_AHEAD:
            text = (
                f"Value {day} for field {self.column} of the destination table is outside the "
                f"allowed bounds. You can only stream to date range within {_DAYS_PAST} days in "
                f"the past and {_DAYS_AHEAD} days in the future relative to the current date."
            )
            raise RowError([ApiError("invalid", text, self.column)])


def _insert_errors(errors: dict[int, list[ApiError]]) -> dict[str, Any]:
    if not errors:
        return {}
    found = [
        {"index": index, "errors": [_row_error(error) for error in errors[index]]}
        for index in sorted(errors)
    ]
    return {"insertErrors": found}


def _row_error(error: ApiError) -> dict[str, str]:
    return {
        "reason": error.reason,
        "location": error.location or "",
        "debugInfo": "",
        "message": error.message,
    }
