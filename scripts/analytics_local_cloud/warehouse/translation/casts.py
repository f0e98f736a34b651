"""CAST, from type to type: what is not in the table is refused."""

from collections.abc import Callable

from analytics_local_cloud.warehouse.translation.literals import make_struct
from analytics_local_cloud.warehouse.translation.nodes import Node, NotTranslated
from analytics_local_cloud.warehouse.translation.sql_types import (
    duckdb_type,
    field_names,
    kind_of,
    letter_of,
    text,
)

_LOCAL = "make_timestamp(epoch_us({0}))"
_CASTS = {
    "if": "CAST({0} AS DOUBLE)",
    "in": "CAST({0} AS DECIMAL(38,9))",
    "is": "CAST({0} AS VARCHAR)",
    "ib": "({0} != 0)",
    "fi": "gsql_float_to_int({0})",
    "fn": "gsql_float_to_numeric({0})",
    "sn": "gsql_text_to_numeric({0})",
    "fs": "gsql_float_text({0})",
    "ni": "gsql_numeric_to_int({0})",
    "nf": "CAST({0} AS DOUBLE)",
    "ns": "gsql_numeric_text({0})",
    "bi": "CAST({0} AS BIGINT)",
    "bs": "CAST({0} AS VARCHAR)",
    "si": "gsql_text_to_int({0})",
    "sf": "gsql_text_to_float({0})",
    "sb": "gsql_text_to_bool({0})",
    "sy": "encode({0})",
    "ys": "decode({0})",
    "sd": "gsql_text_to_date({0})",
    "sD": "gsql_text_to_datetime({0})",
    "st": "gsql_text_to_timestamp({0})",
    "sT": "gsql_text_to_time({0})",
    "ds": "strftime({0}, '%Y-%m-%d')",
    "dD": "CAST({0} AS TIMESTAMP)",
    "dt": "make_timestamptz(epoch_us({0}))",
    "Dd": "CAST({0} AS DATE)",
    "DT": "CAST({0} AS TIME)",
    "Dt": "make_timestamptz(epoch_us({0}))",
    "Ds": "gsql_datetime_text({0})",
    "td": f"CAST({_LOCAL} AS DATE)",
    "tD": _LOCAL,
    "tT": f"CAST({_LOCAL} AS TIME)",
    "ts": "(gsql_datetime_text(make_timestamp(epoch_us({0}))) || '+00')",
    "Ts": "gsql_time_text({0})",
}


def cast(source: Node, target: Node) -> Callable[[str], str]:
    """Return the cast from one `TypeProto` to another; raises `NotTranslated`."""
    given, wanted = letter_of(source), letter_of(target)
    if given + wanted == "aa":
        inner = cast(source.array_type.element_type, target.array_type.element_type)
        return lambda value: f"list_transform({value}, lambda e: {inner('e')})"
    if given + wanted == "rr":
        return _cast_struct(source, target)
    if given == wanted:
        return lambda value: f"CAST({value} AS {duckdb_type(target)})"
    if given + wanted not in _CASTS:
        raise NotTranslated(f"CAST from {kind_of(source)} to {kind_of(target)}")
    return _CASTS[given + wanted].format


def _cast_struct(source: Node, target: Node) -> Callable[[str], str]:
    pairs = zip(source.struct_type.field, target.struct_type.field, strict=True)
    casts = [cast(given.field_type, wanted.field_type) for given, wanted in pairs]
    old = [text(name) for name in field_names(source)]

    def struct(value: str) -> str:
        fields = [
            inner(f"struct_extract({value}, {name})")
            for inner, name in zip(casts, old, strict=True)
        ]
        return f"(CASE WHEN {value} IS NOT NULL THEN {make_struct(target, fields)} END)"

    return struct
