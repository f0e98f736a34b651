"""One JSON value → what DuckDB stores in one column; driven by the column's type.

A cell is what DuckDB takes as a parameter: text, a number, a boolean, or for TIMESTAMP the
microseconds since the epoch. `INSERT_EXPRESSIONS` turn a list of cells into column values.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from analytics_local_cloud.warehouse.values.json_cells import UnfitJsonError, check_json

Cell = str | int | float | bool | None

_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt ](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?"
    r" ?(?:([Zz]|UTC)|([+-])(\d{1,2}):?(\d\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

INSERT_EXPRESSIONS = {
    "STRING": "unnest(?::VARCHAR[])",
    "INTEGER": "unnest(?::BIGINT[])",
    "FLOAT": "unnest(?::DOUBLE[])",
    "BOOLEAN": "unnest(?::BOOLEAN[])",
    "TIMESTAMP": "make_timestamptz(unnest(?::BIGINT[]))",
    "DATE": "unnest(?::VARCHAR[])::DATE",
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


def _integer(value: object) -> Cell:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return value
    raise CellError(f"Cannot convert value to integer (bad value): {_excerpt(value)}")


def _float(value: object) -> Cell:
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise CellError(f"Cannot convert value to floating point (bad value): {_excerpt(value)}")


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
            return (_EPOCH + timedelta(seconds=value) - _EPOCH) // _MICROSECOND
        if isinstance(value, str) and (match := _TIMESTAMP.fullmatch(value)):
            return _microseconds(match)
    except (ValueError, OverflowError):
        pass
    raise CellError(f"Could not parse '{_excerpt(value)}' as a timestamp.")


def _microseconds(match: re.Match[str]) -> int:
    year, month, day, hour, minute, second, fraction, _, sign, offset_hours, offset_minutes = (
        match.groups(default="")
    )
    moment = datetime(int(year), int(month), int(day), tzinfo=UTC) + timedelta(
        hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0)
    )
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    moment = moment + offset if sign == "-" else moment - offset
    return (moment - _EPOCH) // _MICROSECOND + int(fraction.ljust(6, "0")[:6] or 0)


def _date(value: object) -> Cell:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            year, month, day = value.split("-")
            return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        pass
    raise CellError(f"Invalid date: '{_excerpt(value)}'")


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
    "INTEGER": _integer,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "TIMESTAMP": _timestamp,
    "DATE": _date,
    "JSON": _json,
}
