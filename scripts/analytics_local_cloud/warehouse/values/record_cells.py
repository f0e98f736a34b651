"""RECORD columns: a cell is the record as JSON text, which DuckDB makes a STRUCT of.

So a row that was accepted before its table got another field still fits.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.values.column_cells import (
    INSERT_EXPRESSIONS,
    Cell,
    CellError,
)
from analytics_local_cloud.warehouse.values.column_types import DUCKDB_TYPES, Column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw] | None).decode


def record_fields(value: object) -> dict[str, Any] | None:
    """Return the fields of a decoded or raw JSON object, None for null; raises `CellError`."""
    try:
        fields = _decode(value) if isinstance(value, msgspec.Raw) else value
    except msgspec.MsgspecError:
        fields = value
    if fields is None or isinstance(fields, dict):
        return fields
    raise CellError("This field is a record.")


def record_cell(fields: Sequence[Column], cells: Sequence[Cell]) -> str:
    """Return the cell of a record whose fields have these cells."""
    values = {
        field.name: _value(field.type, cell) for field, cell in zip(fields, cells, strict=True)
    }
    return _encode(values).decode()


def _value(kind: str, cell: Cell) -> object:
    """Spell a cell so that `json_transform` reads it back."""
    if kind == "RECORD" and cell is not None:
        return msgspec.Raw(str(cell).encode())
    if kind == "TIMESTAMP" and cell is not None:
        return (_EPOCH + timedelta(microseconds=int(cell))).isoformat()
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell


def insert_expression(column: Column) -> str:
    """Return the SQL that turns a list of cells into values of the column."""
    if column.type != "RECORD":
        return INSERT_EXPRESSIONS[column.type]
    return f"json_transform(unnest(?::VARCHAR[])::JSON, '{_encode(_structure(column)).decode()}')"


def _structure(column: Column) -> object:
    if column.type != "RECORD":
        return DUCKDB_TYPES[column.type]
    return {field.name: _structure(field) for field in column.fields}
