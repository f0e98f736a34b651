"""Values of GoogleSQL's protobuf ↔ plain ones, see `plain_values`.

Source of the encodings: "value.proto" and the comments of `Value::Serialize` in GoogleSQL.
"""

from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.public import value_pb2

from analytics_local_cloud.warehouse.values.column_types import Column

_MICROS = 1_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EXACT = Context(prec=80)
_PLAIN = {
    "BOOLEAN": "bool_value",
    "BYTES": "bytes_value",
    "DATE": "date_value",
    "FLOAT": "double_value",
    "INTEGER": "int64_value",
    "JSON": "json_value",
    "STRING": "string_value",
}
Value = value_pb2.ValueProto


def to_value(column: Column, plain: Any) -> Value:  # noqa: ANN401 - see the module
    """Encode a plain value of a column."""
    value = Value()
    if plain is None:
        return value
    if column.mode == "REPEATED":
        item = Column(column.name, column.type, "NULLABLE", column.fields)
        value.array_value.SetInParent()
        value.array_value.element.extend(to_value(item, element) for element in plain)
    elif column.type == "RECORD":
        value.struct_value.SetInParent()
        pairs = zip(column.fields, plain, strict=True)
        value.struct_value.field.extend(to_value(field, element) for field, element in pairs)
    elif column.type in _PLAIN:
        setattr(value, _PLAIN[column.type], plain)
    else:
        _WRITERS[column.type](value, plain)
    return value


def from_value(column: Column, value: Value) -> Any:  # noqa: ANN401 - see the module
    """Decode a value of a column."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if column.mode == "REPEATED":
        item = Column(column.name, column.type, "NULLABLE", column.fields)
        return [from_value(item, element) for element in value.array_value.element]
    if column.type == "RECORD":
        fields = zip(column.fields, value.struct_value.field, strict=True)
        return tuple(from_value(field, element) for field, element in fields)
    if column.type in _PLAIN:
        return getattr(value, kind)
    return _READERS[column.type](value)


def _write_timestamp(value: Value, micros: int) -> None:
    value.timestamp_value.seconds, rest = divmod(micros, _MICROS)
    value.timestamp_value.nanos = rest * 1000
    value.timestamp_value.SetInParent()


def _write_datetime(value: Value, micros: int) -> None:
    seconds, rest = divmod(micros, _MICROS)
    days, second = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    bits = year << 26 | month << 22 | day << 17 | _clock_bits(second)
    value.datetime_value.bit_field_datetime_seconds = bits
    value.datetime_value.nanos = rest * 1000


def _read_datetime(value: Value) -> int:
    bits = value.datetime_value.bit_field_datetime_seconds
    days = _days(bits >> 26, bits >> 22 & 15, bits >> 17 & 31)
    return (days * 86_400 + _clock(bits)) * _MICROS + value.datetime_value.nanos // 1000


def _write_time(value: Value, micros: int) -> None:
    seconds, rest = divmod(micros, _MICROS)
    value.time_value = _clock_bits(seconds) << 30 | rest * 1000


def _read_time(value: Value) -> int:
    bits = value.time_value
    return _clock(bits >> 30) * _MICROS + (bits & (1 << 30) - 1) // 1000


def _clock_bits(second: int) -> int:
    return second // 3600 << 12 | second // 60 % 60 << 6 | second % 60


def _clock(bits: int) -> int:
    return (bits >> 12 & 31) * 3600 + (bits >> 6 & 63) * 60 + (bits & 63)


def _civil(days: int) -> tuple[int, int, int]:
    moment = _EPOCH_DAY + days
    found = date.fromordinal(moment)
    return found.year, found.month, found.day


def _days(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - _EPOCH_DAY


def _number(digits: bytes, scale: int) -> Decimal:
    return Decimal(int.from_bytes(digits, "little", signed=True)).scaleb(-scale, _EXACT)


def _digits(number: Decimal, scale: int) -> bytes:
    whole = int(Decimal(number).scaleb(scale, _EXACT))
    return whole.to_bytes(whole.bit_length() // 8 + 1, "little", signed=True)


def _read_interval(value: Value) -> tuple[int, int, int]:
    """16 bytes: microseconds, days, then months and the nanoseconds' fraction in 32 bits."""
    data = value.interval_value
    micros = int.from_bytes(data[:8], "little", signed=True)
    days = int.from_bytes(data[8:12], "little", signed=True)
    packed = int.from_bytes(data[12:16], "little")
    months = (packed >> 13 & (1 << 18) - 1) * (-1 if packed >> 31 else 1)
    return months, days, micros * 1000 + (packed & (1 << 10) - 1)


def _write_interval(value: Value, parts: tuple[int, int, int]) -> None:
    months, days, nanos = parts
    micros, rest = divmod(nanos, 1000)
    packed = (months < 0) << 31 | abs(months) << 13 | rest
    value.interval_value = (
        micros.to_bytes(8, "little", signed=True)
        + days.to_bytes(4, "little", signed=True)
        + packed.to_bytes(4, "little")
    )


_WRITERS: dict[str, Callable[[Value, Any], None]] = {
    "TIMESTAMP": _write_timestamp,
    "DATETIME": _write_datetime,
    "TIME": _write_time,
    "INTERVAL": _write_interval,
    "NUMERIC": lambda value, plain: setattr(value, "numeric_value", _digits(plain, 9)),
    "BIGNUMERIC": lambda value, plain: setattr(value, "bignumeric_value", _digits(plain, 38)),
}
_READERS: dict[str, Callable[[Value], Any]] = {
    "TIMESTAMP": lambda value: (
        value.timestamp_value.seconds * _MICROS + value.timestamp_value.nanos // 1000
    ),
    "DATETIME": _read_datetime,
    "TIME": _read_time,
    "INTERVAL": _read_interval,
    "NUMERIC": lambda value: _number(value.numeric_value, 9),
    "BIGNUMERIC": lambda value: _number(value.bignumeric_value, 38),
}
