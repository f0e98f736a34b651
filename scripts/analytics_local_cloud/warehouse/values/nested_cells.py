"""RECORD and REPEATED columns: a cell is JSON text, which DuckDB makes a STRUCT or a LIST of.

So a row that was accepted before its table got another field still fits.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.values.column_cells import (
    INSERT_EXPRESSIONS,
    Cell,
    CellError,
)
from analytics_local_cloud.warehouse.values.column_types import DUCKDB_TYPES, Column

Convert = Callable[[str, object], Cell]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode
_decode_record = msgspec.json.Decoder(dict[str, msgspec.Raw] | None).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def record_fields(value: object) -> dict[str, Any] | None:
    """Return the fields of a decoded or raw JSON object, None for null; raises `CellError`."""
    try:
        fields = _decode_record(value) if isinstance(value, msgspec.Raw) else value
    except msgspec.MsgspecError:
        fields = value
    if fields is None or isinstance(fields, dict):
        return fields
    raise CellError("This field is a record.")


def record_cell(fields: Sequence[Column], cells: Sequence[Cell]) -> str:
    """Return the cell of a record whose fields have these cells."""
    values = {field.name: _value(field, cell) for field, cell in zip(fields, cells, strict=True)}
    return _encode(values).decode()


def array_cell(column: Column, convert: Convert, value: object) -> str:
    """Return the cell of an array, decoded or raw JSON; raises `CellError`."""
    try:
        items = _decode_array(value) if isinstance(value, msgspec.Raw) else value
    except msgspec.MsgspecError:
        items = value
    if not isinstance(items, (list, tuple)):
        raise CellError(f"Repeated field must be imported as a JSON array. Field: {column.name}.")
    cells = [None if item is None else convert(column.type, item) for item in items]
    if None in cells:
        raise CellError(null_refused(column))
    element = Column(column.name, column.type, fields=column.fields)
    return _encode([_value(element, cell) for cell in cells]).decode()


def null_refused(column: Column) -> str:
    """Return what is said of NULL in place of an array, or within one."""
    return f"Only optional fields can be set to NULL. Field: {column.name}; Value: NULL"


def insert_expression(column: Column) -> str:
    """Return the SQL that turns a list of cells into values of the column."""
    if column.type != "RECORD" and not column.repeated:
        return INSERT_EXPRESSIONS[column.type]
    structure = _encode(_structure(column)).decode()
    return f"json_transform(unnest(?::VARCHAR[])::JSON, '{structure}')::{column.duckdb_type}"


def _value(column: Column, cell: Cell) -> object:
    """Spell a cell so that `json_transform` reads it back."""
    if cell is None:
        return None
    if column.repeated or column.type in {"RECORD", "JSON"}:
        return msgspec.Raw(str(cell).encode())
    if column.type == "TIMESTAMP":
        return (_EPOCH + timedelta(microseconds=int(cell))).isoformat()
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell


def _structure(column: Column) -> object:
    fields = {field.name: _structure(field) for field in column.fields}
    # A BLOB's text is read by the cast alone.
    kind = fields or ("VARCHAR" if column.type == "BYTES" else DUCKDB_TYPES[column.type])
    return [kind] if column.repeated else kind
