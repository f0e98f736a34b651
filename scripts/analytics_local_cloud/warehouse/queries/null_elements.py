"""Arrays with NULL in them: fine within a query, refused where it writes its rows."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.plain_values import null_element


def refuse_null_elements(
    session: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    told: Sequence[Column],
) -> None:
    """Raise `ApiError` (invalidQuery) if an array in a table of the session holds a NULL.

    The columns of the table are called as in `columns`, the user's as in `told`.
    """
    for column, named in zip(columns, told, strict=True):
        found = _has_null(column, quote(column.name))
        if found and session.execute(f"SELECT 1 FROM {table} WHERE {found} LIMIT 1").fetchone():  # noqa: S608 - quoted
            raise null_element(named)


def _has_null(column: Column, sql: str, depth: int = 0) -> str:
    """Return a condition in DuckDB's SQL; empty where there can be no array."""
    if column.mode == "REPEATED":
        inner = _has_null(replace(column, mode="NULLABLE"), f"x{depth}", depth + 1)
        deeper = f" OR len(list_filter({sql}, lambda x{depth}: {inner})) > 0" if inner else ""
        return f"(list_count({sql}) < len({sql}){deeper})"
    if column.type != "RECORD":
        return ""
    fields = [_has_null(f, f"struct_extract({sql}, {_text(f.name)})", depth) for f in column.fields]
    return " OR ".join(filter(None, fields))


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
