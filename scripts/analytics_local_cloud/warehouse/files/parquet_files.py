"""Parquet files of a load job: the columns they hold, and how DuckDB makes rows of them.

Types as "Loading Parquet data", Parquet conversions. Nothing is cast to another type but what the
format does not tell apart: text and bytes, moments with and without a zone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import duckdb
from duckdb.sqltypes import DuckDBPyType

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.engine import first_line
from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.values.column_types import Column

_TYPES = {
    "BIGINT": "INTEGER",
    "BLOB": "BYTES",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "DOUBLE": "FLOAT",
    "FLOAT": "FLOAT",
    "INTEGER": "INTEGER",
    "SMALLINT": "INTEGER",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",  # without a zone: DATETIME only where a schema says so
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "TINYINT": "INTEGER",
    '"NULL"': "INTEGER",
    "UBIGINT": "INTEGER",
    "UINTEGER": "INTEGER",
    "USMALLINT": "INTEGER",
    "UTINYINT": "INTEGER",
    "VARCHAR": "STRING",
}
_ALIKE = {("BYTES", "STRING"), ("STRING", "BYTES"), ("TIMESTAMP", "DATETIME")}
_WHOLE_DIGITS, _SCALE = 29, 9  # of NUMERIC


def parquet_columns(
    session: duckdb.DuckDBPyConnection, paths: Sequence[Path], *, lists: bool
) -> tuple[Column, ...]:
    """Return the files' columns; `lists`: a LIST is an array (enableListInference).

    Raises `ApiError`: invalid for what is not Parquet, notImplemented for types without a column.
    """
    with _reading():
        relation = session.sql("FROM read_parquet(?)", params=[list(map(str, paths))])
    found = zip(relation.columns, relation.types, strict=True)
    columns = tuple(_column(name, kind) for name, kind in found)
    if not lists and any(_has_array(column) for column in columns):
        raise unsupported("lists of Parquet files without enableListInference")
    return columns


def insert_parquet(
    session: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    paths: Sequence[Path],
    found: Sequence[Column],
) -> int:
    """Insert the files' rows into a table (quoted name) of these columns; returns their number.

    Raises `ApiError` (invalid) where the type `found` in the files is another.
    """
    held = {column.name.casefold(): column for column in found}
    read = [column for column in columns if column.name.casefold() in held]
    values = [_value(column, held[column.name.casefold()]) for column in read]
    names = ", ".join(quote(column.name) for column in read)
    sql = f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM read_parquet(?)"  # noqa: S608 - quoted
    with _reading():
        ((count,),) = session.execute(sql, [list(map(str, paths))]).fetchall()
    return int(count)


def _column(name: str, kind: DuckDBPyType) -> Column:
    if kind.id == "list":
        item = _column(name, _children(kind)[0][1])
        if item.repeated:
            raise unsupported(f"lists of lists in Parquet files ({name})")
        return Column(name, item.type, "REPEATED", item.fields)
    if kind.id == "struct":
        fields = tuple(_column(field, child) for field, child in _children(kind))
        return Column(name, "RECORD", fields=fields)
    if kind.id == "decimal":
        (_, precision), (_, scale) = cast("list[tuple[str, int]]", kind.children)
        if scale <= _SCALE and precision - scale <= _WHOLE_DIGITS:
            return Column(name, "NUMERIC")
    if str(kind) not in _TYPES:
        raise unsupported(f"columns of type {kind} in Parquet files ({name})")
    return Column(name, _TYPES[str(kind)])


def _children(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", kind.children)


def _has_array(column: Column) -> bool:
    return column.repeated or any(map(_has_array, column.fields))


def _value(column: Column, found: Column) -> str:
    _check(column, found)
    name = quote(found.name)
    if not column.repeated:
        return f"{name}::{column.duckdb_type}"
    null = f"error('Only optional fields can be set to NULL. Field: {column.name}; Value: NULL')"
    return (
        f"CASE WHEN list_bool_or(list_transform({name}, lambda item: item IS NULL)) THEN {null} "
        f"ELSE coalesce({name}, [])::{column.duckdb_type} END"
    )


def _check(column: Column, found: Column) -> None:
    """Raise `ApiError` (invalid) unless what was found can be stored in the column."""
    same = column.type == found.type or (found.type, column.type) in _ALIKE
    if not same or column.repeated != found.repeated:
        text = f"Parquet column '{column.name}' has type {found.mode} {found.type}"
        raise ApiError("invalid", f"{text} which does not match the target {column.type}")
    fields = {field.name.casefold(): field for field in column.fields}
    for field in found.fields:
        if field.name.casefold() not in fields:
            raise ApiError("invalid", f"No such field: {column.name}.{field.name}.")
        _check(fields[field.name.casefold()], field)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.NotImplementedException):
        raise
    except duckdb.Error as exc:
        text = f"Error while reading data, error message: {first_line(exc)}"
        raise ApiError("invalid", text) from exc
