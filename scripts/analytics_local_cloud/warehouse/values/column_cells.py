"""One JSON value → what DuckDB stores in one column; driven by the column's type.

A cell is what DuckDB takes as a parameter: text, a number, a boolean, or for TIMESTAMP the
microseconds since the epoch. `INSERT_EXPRESSIONS` turn a list of cells into column values.
"""

import base64
import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

import msgspec

from analytics_local_cloud.warehouse.values.json_cells import UnfitJsonError, check_json
from analytics_local_cloud.warehouse.values.moments import (
    date_cell,
    datetime_cell,
    epoch_cell,
    time_cell,
    timestamp_cell,
)

Cell = str | int | float | bool | None

_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SCALE = Decimal("1e-9")  # of NUMERIC, which has 38 digits
_EXACT = Context(prec=38, traps=[Inexact, InvalidOperation])

INSERT_EXPRESSIONS = {
    "STRING": "unnest(?::VARCHAR[])",
    "BYTES": "unnest(?::VARCHAR[])::BLOB",
    "INTEGER": "unnest(?::BIGINT[])",
    "FLOAT": "unnest(?::DOUBLE[])",
    "NUMERIC": "unnest(?::VARCHAR[])::DECIMAL(38,9)",
    "BOOLEAN": "unnest(?::BOOLEAN[])",
    "TIMESTAMP": "make_timestamptz(unnest(?::BIGINT[]))",
    "DATE": "unnest(?::VARCHAR[])::DATE",
    "TIME": "unnest(?::VARCHAR[])::TIME",
    "DATETIME": "unnest(?::VARCHAR[])::TIMESTAMP",
    "JSON": "unnest(?::VARCHAR[])::JSON",
}


class CellError(ValueError):
    """The value does not fit the column; the text says why."""


def to_cell(kind: str, value: object) -> Cell:
    """Convert a decoded JSON value for a column of type `kind`; raises `CellError`."""
    return None if value is None else _CONVERTERS[kind](value)


def _string(value: object) -> Cell:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return msgspec.json.encode(value).decode()
    raise CellError("This field is not a record.")


def _bytes(value: object) -> Cell:
    try:
        if isinstance(value, str):
            content = base64.b64decode(value, validate=True)
            return re.sub("..", r"\\x\g<0>", content.hex())  # as DuckDB spells a BLOB
    except ValueError:
        pass
    raise CellError(f"Could not decode base64 string to bytes: {_excerpt(value)}")


def _integer(value: object) -> Cell:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return value
    raise CellError(f"Cannot convert value to integer (bad value): {_excerpt(value)}")


def _float(value: object) -> Cell:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and (_NUMBER.fullmatch(value) or _NOT_FINITE.fullmatch(value)):
            return float(value)
    except OverflowError:
        pass
    raise CellError(f"Cannot convert value to floating point (bad value): {_excerpt(value)}")


def _numeric(value: object) -> Cell:
    """Take what fits without rounding: 29 digits before the point, 9 behind it."""
    text = str(value)
    try:
        if not isinstance(value, bool) and _NUMBER.fullmatch(text):
            return format(Decimal(text).quantize(_SCALE, context=_EXACT), "f")
    except ArithmeticError:
        pass
    raise CellError(f"Invalid NUMERIC value: {_excerpt(value)}")


def _boolean(value: object) -> Cell:
    word = value.lower() if isinstance(value, str) else value
    if word is True or word == "true":
        return True
    if word is False or word == "false":
        return False
    raise CellError(f"Cannot convert value to boolean (bad value): {_excerpt(value)}")


def _timestamp(value: object) -> Cell:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return epoch_cell(value)
        if isinstance(value, str):
            return timestamp_cell(value)
    except (ValueError, OverflowError):
        pass
    raise CellError(f"Could not parse '{_excerpt(value)}' as a timestamp.")


def _moment(kind: str, parse: Callable[[str], str]) -> Callable[[object], Cell]:
    """Return the converter of a type whose values are text alone."""

    def convert(value: object) -> Cell:
        try:
            if isinstance(value, str):
                return parse(value)
        except (ValueError, OverflowError):
            pass
        raise CellError(f"Invalid {kind}: '{_excerpt(value)}'")

    return convert


def _json(value: object) -> Cell:
    """Take a JSON-encoded string, as `tabledata.insertAll` wants it."""
    if not isinstance(value, str):
        raise CellError("A JSON column takes a JSON-encoded string.")
    try:
        return check_json(value)
    except UnfitJsonError as exc:
        raise CellError(f"Invalid JSON value: {exc}") from exc


def _excerpt(value: object) -> str:
    return str(value)[:100]


_CONVERTERS: dict[str, Callable[[object], Cell]] = {
    "STRING": _string,
    "BYTES": _bytes,
    "INTEGER": _integer,
    "FLOAT": _float,
    "NUMERIC": _numeric,
    "BOOLEAN": _boolean,
    "TIMESTAMP": _timestamp,
    "DATE": _moment("date", date_cell),
    "TIME": _moment("time", time_cell),
    "DATETIME": _moment("datetime", datetime_cell),
    "JSON": _json,
}
