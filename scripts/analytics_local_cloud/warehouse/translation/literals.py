"""Values in GoogleSQL's tree → DuckDB literals of the same type."""

import datetime as dt
import struct as packed
from collections.abc import Callable

from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Statement,
    handles,
)
from analytics_local_cloud.warehouse.translation.sql_types import (
    duckdb_type,
    field_names,
    kind_of,
    text,
)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NANOS_OF_MICROSECOND = 1000


@handles("literal", "value")
def _literal(_: Statement, node: Node) -> str:
    return literal(node.value.type, node.value.value)


@handles("parameter", "name", "position")
def _parameter(statement: Statement, node: Node) -> str:
    name = node.name.lower() or str(node.position)
    return f"CAST({statement.parameters[name]} AS {duckdb_type(node.parent.type)})"


def literal(type_: Node, value: Node) -> str:
    """Return a `ValueProto` of a type as a DuckDB expression; raises `NotTranslated`."""
    kind, name = kind_of(type_), duckdb_type(type_)
    if not value.WhichOneof("value"):
        return f"CAST(NULL AS {name})"
    if kind == "ARRAY":
        element = type_.array_type.element_type
        items = [literal(element, item) for item in value.array_value.element]
        return f"CAST([{', '.join(items)}] AS {name})"
    if kind == "STRUCT":
        fields = zip(type_.struct_type.field, value.struct_value.field, strict=True)
        return make_struct(type_, [literal(item.field_type, inner) for item, inner in fields])
    return f"CAST({_SCALARS[kind](value)} AS {name})"


def make_struct(type_: Node, values: list[str]) -> str:
    """Return a STRUCT of the type, of translated values."""
    pairs = zip(field_names(type_), values, strict=True)
    return "{" + ", ".join(f"{text(name)}: {value}" for name, value in pairs) + "}"


def _numeric(value: Node) -> str:
    scaled = int.from_bytes(value.numeric_value, "little", signed=True)
    whole, fraction = divmod(abs(scaled), 10**9)
    return f"'{'-' if scaled < 0 else ''}{whole}.{fraction:09}'"


def _bytes(value: Node) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in value.bytes_value) + "'"


def _date(value: Node) -> str:
    return f"'{dt.date(1970, 1, 1) + dt.timedelta(value.date_value)}'"


def _timestamp(value: Node) -> str:
    moment = value.timestamp_value
    micros = _micros(moment.nanos)
    return f"'{_EPOCH + dt.timedelta(seconds=moment.seconds, microseconds=micros)}'"


def _datetime(value: Node) -> str:
    bits, nanos = value.datetime_value.bit_field_datetime_seconds, value.datetime_value.nanos
    hour, minute, second = bits >> 12 & 31, bits >> 6 & 63, bits & 63
    day = bits >> 26, bits >> 22 & 15, bits >> 17 & 31
    return f"'{dt.datetime(*day, hour, minute, second, _micros(nanos))}'"  # noqa: DTZ001 (no zone)


def _time(value: Node) -> str:
    bits, nanos = value.time_value >> 30, value.time_value & (1 << 30) - 1
    return f"'{dt.time(bits >> 12, bits >> 6 & 63, bits & 63, _micros(nanos))}'"


def _micros(nanos: int) -> int:
    if nanos % _NANOS_OF_MICROSECOND:
        raise NotTranslated("Nanoseconds")
    return nanos // _NANOS_OF_MICROSECOND


_SCALARS: dict[str, Callable[[Node], str]] = {
    "INT64": lambda value: str(value.int64_value),
    "DOUBLE": lambda value: f"'{value.double_value!r}'",
    "NUMERIC": _numeric,
    "BOOL": lambda value: str(value.bool_value),
    "STRING": lambda value: text(value.string_value),
    "BYTES": _bytes,
    "DATE": _date,
    "DATETIME": _datetime,
    "TIME": _time,
    "TIMESTAMP": _timestamp,
    "JSON": lambda value: text(value.json_value),
}


def interval_of(value: Node) -> tuple[int, int, int]:
    """Return months, days and microseconds of an INTERVAL value."""
    micros, days, rest = packed.unpack("<qiI", value.interval_value)
    nanos, months = rest & 0x3FF, rest >> 13 & 0x3FFFF
    if nanos:
        raise NotTranslated("Nanoseconds")
    return (-months if rest >> 31 else months), days, micros
