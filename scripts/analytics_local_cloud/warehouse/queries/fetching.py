"""Translated queries: what they are given, and their rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.queries.query_errors import query_errors
from analytics_local_cloud.warehouse.queries.resolution import Resolved
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.plain_values import (
    from_fetched,
    plain_literal,
    read_plain,
)

Row = tuple[Any, ...]  # of plain values
_FETCHED = 256
_FETCHED_LARGE = 8  # each may have megabytes, and more at a time are no faster


def literals(query: Resolved) -> dict[str, str]:
    """Return a statement's parameters as DuckDB expressions."""
    return {item.name: plain_literal(item.column, item.plain) for item in query.parameters}


def fetch(
    session: duckdb.DuckDBPyConnection, sql: str, columns: Sequence[Column], *, few: bool = False
) -> Iterator[Row]:
    """Yield the rows of a DuckDB query, whose columns are c0, c1 and so on."""
    selected = ", ".join(read_plain(column, f"c{n}") for n, column in enumerate(columns))
    with query_errors():
        cursor = session.execute(f"SELECT {selected or 'NULL'} FROM ({sql})")  # noqa: S608 - generated
        while rows := cursor.fetchmany(_FETCHED if few else _FETCHED_LARGE):
            for row in rows:
                yield tuple(map(from_fetched, columns, row))
