"""Rows of cells into a DuckDB table, as many at a time as memory is worth."""

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.json_rows import Row
from analytics_local_cloud.warehouse.values.nested_cells import insert_expression

PORTION_BYTES = 16 * 1024 * 1024  # more in one statement is no faster
_PORTION_ROWS = 2_000


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
) -> None:
    """Insert rows of cells into a table (quoted name), one list parameter per column."""
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(map(insert_expression, columns))
    sql = f"INSERT INTO {table} ({names}) SELECT {values}"
    connection.execute(sql, [list(cells) for cells in zip(*rows, strict=True)])


def insert_in_portions(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    rows: Iterable[Row],
) -> int:
    """Insert any number of rows of any size; returns how many they were."""
    count = 0
    for portion in in_portions(rows):
        insert_rows(connection, table, columns, portion)
        count += len(portion)
    return count


def in_portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows in lists, each ended by the row that fills it."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        portion.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, str))
        if size >= PORTION_BYTES or len(portion) == _PORTION_ROWS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
