"""How much a query reads: logical bytes ("Data type sizes"), and what BigQuery bills for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_types import Column

_MEGABYTE = 1024 * 1024
_LEAST_BILLED = 10 * _MEGABYTE  # of each table, and each query
_FIXED = {"BOOLEAN": 1, "NUMERIC": 16, "INTERVAL": 16}
_FIXED |= dict.fromkeys(("INTEGER", "FLOAT", "DATE", "DATETIME", "TIME", "TIMESTAMP"), 8)
_LENGTHS = {
    "STRING": "2 + strlen({0})",
    "BYTES": "2 + octet_length({0})",
    "JSON": "strlen({0}::VARCHAR)",
}


def estimate_bytes(
    session: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]
) -> int:
    """Return the logical bytes of the columns of a relation, a quoted name or a subquery in SQL.

    All rows count, as in BigQuery before it prunes. Strings are read to be measured.
    """
    if not columns:
        return 0
    sizes = (f"sum({_size(column, _quoted(column))})" for column in columns)
    row = session.execute(f"SELECT {', '.join(sizes)} FROM {relation}").fetchone()  # noqa: S608 - quoted
    return sum(int(size or 0) for size in row or ())


def billed_bytes(tables: Sequence[int]) -> int:
    """Return what is billed for a query that reads so many bytes of each of its tables."""
    megabytes = (-(-size // _MEGABYTE) * _MEGABYTE for size in tables)
    return sum(max(_LEAST_BILLED, size) for size in megabytes)


def refuse_beyond_limit(query: Mapping[str, Any], tables: Sequence[int]) -> None:
    """Raise `ApiError` when a query reads more than its `maximumBytesBilled`.

    `query` is a `JobConfigurationQuery`, `tables` are the bytes of each table that it reads.
    """
    limit, needed = query.get("maximumBytesBilled"), billed_bytes(tables)
    if limit is not None and needed > int(limit):
        text = f"Query exceeded limit for bytes billed: {limit}. {needed} or higher required."
        raise ApiError("bytesBilledLimitExceeded", text)


def _quoted(column: Column) -> str:
    return '"' + column.name.replace('"', '""') + '"'


def _size(column: Column, value: str, depth: int = 0) -> str:
    """Return the SQL for a value's bytes: NULL has none, an ARRAY those of its elements."""
    if column.repeated:
        item = f"x{depth}"
        element = _size(Column(column.name, column.type, fields=column.fields), item, depth + 1)
        return f"coalesce(list_sum(list_transform({value}, lambda {item}: {element})), 0)"
    if column.type == "RECORD":
        return " + ".join(_size(f, f"{value}.{_quoted(f)}", depth) for f in column.fields)
    size = _LENGTHS.get(column.type, str(_FIXED.get(column.type, 0))).format(value)
    return f"CASE WHEN {value} IS NULL THEN 0 ELSE {size} END"
