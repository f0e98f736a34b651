"""Query results: typed columns, rows kept in a file, pages in the REST encoding.

A result file holds one JSON array per row: scalars as the REST API spells them, except TIMESTAMP,
which stays an integer of microseconds until the client's format is known. So results survive a
restart and never have to fit in memory; a page token is the offset of the next row in the file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.plain_values import to_cell

PAGE_BYTES = 10 * 1024 * 1024  # of rows; BigQuery's pages end there, too ("jobs.query" reference)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Page:
    """Rows as read back, and the token of the next page (None at the end)."""

    rows: list[list[Any]]
    next_token: str | None


def write_rows(rows: Iterable[Sequence[Any]], columns: Sequence[Column], path: Path) -> int:
    """Store rows of plain values; returns their number."""
    count = 0
    with path.open("wb") as file:
        for row in rows:
            count += 1
            file.write(_encoder.encode(result_row(columns, row)) + b"\n")
    return count


def result_row(columns: Sequence[Column], row: Sequence[Any]) -> list[Any]:
    """Return a row of plain values as result files keep it."""
    return [to_cell(column, value) for column, value in zip(columns, row, strict=True)]


def page_of(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> list[list[Any]]:
    """Return rows of plain values as result files keep them, up to PAGE_BYTES."""
    found: list[list[Any]] = []
    size = 0
    for row in rows:
        found.append(result_row(columns, row))
        size += len(_encoder.encode(found[-1]))
        if size >= PAGE_BYTES:
            break
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


def result_columns(schema: dict[str, Any]) -> tuple[Column, ...]:
    """Read back the schema of a result, whose types need not be storable."""
    return tuple(
        Column(field["name"], field["type"], field["mode"], result_columns(field))
        for field in schema.get("fields", ())
    )
