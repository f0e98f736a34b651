"""Query results: typed columns, rows kept in a file, pages in the REST encoding.

A result file holds one JSON array per row: scalars as the REST API spells them, except TIMESTAMP,
which stays an integer of microseconds until the client's format is known. So results survive a
restart and never have to fit in memory; a page token is the offset of the next row in the file.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import msgspec
from duckdb.sqltypes import DuckDBPyType

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_types import Column

PAGE_BYTES = 10 * 1024 * 1024  # of rows; BigQuery's pages end there, too ("jobs.query" reference)
_FETCH_ROWS = 8  # each may have megabytes, and more at a time are no faster
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encoder = msgspec.json.Encoder()
_INTEGERS = {"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint"}
_INTEGERS |= {"uinteger", "ubigint", "uhugeint"}
_TYPES = {
    "boolean": "BOOLEAN",
    "date": "DATE",
    "decimal": "NUMERIC",
    "double": "FLOAT",
    "float": "FLOAT",
    "blob": "BYTES",
    "interval": "INTERVAL",
    "time": "TIME",
    "timestamp": "DATETIME",
    "timestamp with time zone": "TIMESTAMP",
}
_ENCODINGS = {
    "BOOLEAN": "{value}",
    "FLOAT": "{value}::DOUBLE",
    "TIMESTAMP": "epoch_us({value})",
    "DATETIME": "replace({value}::VARCHAR, ' ', 'T')",
    "BYTES": "base64({value})",
}


def output_column(name: str, kind: DuckDBPyType) -> Column:
    """Return the BigQuery column for a DuckDB type; NULL alone is an INTEGER, as there."""
    if kind.id in {"list", "array"}:
        item = output_column(name, _child_types(kind)[0][1])
        return Column(name, item.type, "REPEATED", item.fields)
    if kind.id == "struct":
        fields = tuple(output_column(field, child) for field, child in _child_types(kind))
        return Column(name, "RECORD", "NULLABLE", fields)
    if kind.id in _INTEGERS or str(kind) == '"NULL"':
        return Column(name, "INTEGER")
    if str(kind) == "JSON":
        return Column(name, "JSON")
    return Column(name, _TYPES.get(kind.id, "STRING"))


def _child_types(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", kind.children)


def output_columns(relation: duckdb.DuckDBPyRelation) -> tuple[Column, ...]:
    """Return a query's columns; raises `ApiError` (invalidQuery) if two share a name."""
    columns = tuple(map(output_column, relation.columns, relation.types))
    names = [column.name.casefold() for column in columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        text = "Duplicate column names in the result are not supported. Found duplicate(s): "
        raise ApiError("invalidQuery", text + ", ".join(doubled), "query")
    return columns


def encode_columns(columns: Sequence[Column]) -> str:
    """Return the SQL list that encodes columns `c0`, `c1`, … for a result file."""
    return ", ".join(_encode(column, f"c{index}") for index, column in enumerate(columns))


def _encode(column: Column, value: str) -> str:
    if column.mode == "REPEATED" or column.type == "RECORD":
        return f"to_json({value})::VARCHAR"
    return _ENCODINGS.get(column.type, "{value}::VARCHAR").format(value=value)


@dataclass(frozen=True)
class Page:
    """Rows as read back, and the token of the next page (None at the end)."""

    rows: list[list[Any]]
    next_token: str | None


def write_rows(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column], path: Path) -> int:
    """Store what `cursor` yields (encoded by `encode_columns`); returns the number of rows."""
    count = 0
    with path.open("wb") as file:
        while rows := cursor.fetchmany(_FETCH_ROWS):
            count += len(rows)
            file.write(_encoder.encode_lines([_encode_row(columns, row) for row in rows]))
    return count


def fetch_page(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> list[list[Any]]:
    """Return a page of what `cursor` yields (encoded by `encode_columns`)."""
    found: list[list[Any]] = []
    size = 0
    while size < PAGE_BYTES and (rows := cursor.fetchmany(_FETCH_ROWS)):
        found += [_encode_row(columns, row) for row in rows]
        size += len(_encoder.encode(found[-len(rows) :]))
    return found


def read_page(path: Path, token: str | None, limit: int, *, skip: int = 0) -> Page:
    """Read up to `limit` rows, and PAGE_BYTES, at `token` or after the first `skip` rows."""
    rows: list[list[Any]] = []
    size = 0
    with path.open("rb") as file:
        file.seek(int(token or 0))
        for _ in range(skip):
            file.readline()
        while len(rows) < limit and size < PAGE_BYTES and (line := file.readline()):
            rows.append(msgspec.json.decode(line))
            size += len(line)
        position = file.tell()
        return Page(rows, str(position) if file.read(1) else None)


def rest_rows(
    rows: Iterable[Sequence[Any]], columns: Sequence[Column], *, int64_timestamps: bool
) -> list[dict[str, Any]]:
    """Wrap rows as `{"f": [{"v": …}]}`; TIMESTAMP as microseconds or as decimal seconds."""

    def wrap(column: Column, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if value is None:
            return None
        if isinstance(value, list):
            return [{"v": wrap(column, item)} for item in value]
        if isinstance(value, dict):
            nested = zip(column.fields, value["f"], strict=True)
            return {"f": [{"v": wrap(field, item)} for field, item in nested]}
        if column.type == "TIMESTAMP" and not int64_timestamps:
            return f"{value // 1_000_000}.{value % 1_000_000:06d}"
        return str(value)

    return [{"f": [{"v": wrap(c, v)} for c, v in zip(columns, row, strict=True)]} for row in rows]


def _encode_row(columns: Sequence[Column], row: Sequence[Any]) -> list[Any]:
    """Return a row, selected by `encode_columns`, as result files keep it."""
    return [_cell(column, value) for column, value in zip(columns, row, strict=True)]


def result_columns(schema: dict[str, Any]) -> tuple[Column, ...]:
    """Read back the schema of a result, whose types need not be storable."""
    return tuple(
        Column(field["name"], field["type"], field["mode"], result_columns(field))
        for field in schema.get("fields", ())
    )


def _cell(column: Column, value: Any) -> Any:  # noqa: ANN401 - any scalar DuckDB returns
    if column.mode == "REPEATED" or column.type == "RECORD":
        return _nested(column, None if value is None else json.loads(value))  # takes NaN, too
    return _scalar(value)


def _scalar(value: Any) -> Any:  # noqa: ANN401 - any scalar DuckDB returns
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    return value


def _float(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return "NaN" if math.isnan(value) else repr(value)


def _nested(column: Column, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Encode a decoded ARRAY or STRUCT; an ARRAY is never NULL in BigQuery's answers."""
    if column.mode == "REPEATED":
        item = Column(column.name, column.type, "NULLABLE", column.fields)
        return [_nested(item, element) for element in value or ()]
    if value is None:
        return None
    if column.type == "RECORD":
        return {"f": [_nested(field, value.get(field.name)) for field in column.fields]}
    if column.type == "TIMESTAMP":
        return (datetime.fromisoformat(value) - _EPOCH) // _MICROSECOND
    if column.type == "JSON":
        return msgspec.json.encode(value).decode()
    return _scalar(value) if isinstance(value, (bool, float)) else str(value)
