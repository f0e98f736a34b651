"""What CREATE and ALTER say of a table, as the REST API has it: columns, partitions, options."""

from collections.abc import Callable
from typing import Any

from analytics_local_cloud.warehouse.api_errors import unsupported
from analytics_local_cloud.warehouse.googlesql.types import column_of
from analytics_local_cloud.warehouse.translation.nodes import read_only, unwrap
from analytics_local_cloud.warehouse.values.column_types import Column

_TRUNCATED = {"timestamp_trunc", "date_trunc", "datetime_trunc", "date"}


def read_field(definition: Any) -> dict[str, Any]:  # noqa: ANN401 - a node
    """Return the `TableFieldSchema` of a column's definition; raises `NotTranslated`."""
    read_only(definition, "name", "type", "annotations", "column")
    notes = definition.annotations
    read_only(notes, "not_null", "option_list")
    column = column_of(definition.name, definition.type)
    if notes.not_null:
        column = Column(column.name, column.type, "REQUIRED", column.fields)
    return {**column.to_rest(), **read_options(notes.option_list, "description")}


def read_layout(node: Any) -> dict[str, Any]:  # noqa: ANN401 - a node
    """Return partitioning and clustering as the REST API has them."""
    clustered = [_column_name(item) for item in node.cluster_by_list]
    body: dict[str, Any] = {"clustering": {"fields": clustered}} if clustered else {}
    if node.partition_by_list:
        body["timePartitioning"] = _partitioning(node.partition_by_list[0])
    return body


def _partitioning(expression: Any) -> dict[str, str]:  # noqa: ANN401 - a node
    name, node = unwrap(expression)
    if name == "resolved_column_ref_node":
        return {"type": "DAY", "field": node.column.name}
    call = node.parent if name == "resolved_function_call_node" else None
    function = call.function.name.removeprefix("ZetaSQL:") if call is not None else name
    if call is None or function not in _TRUNCATED:
        raise unsupported(f"PARTITION BY {function.upper()}")
    unit = "DAY"
    if len(call.argument_list) > 1:
        _, literal = unwrap(call.argument_list[1])
        unit = _enum_name(literal)
    return {"type": unit, "field": _column_name(call.argument_list[0])}


def _enum_name(literal: Any) -> str:  # noqa: ANN401 - a node
    """Return the unit of a `*_TRUNC`: DateTimestampPart numbers."""
    units = {1: "YEAR", 2: "MONTH", 3: "DAY", 6: "HOUR"}
    return units.get(literal.value.value.enum_value, "DAY")


def _column_name(expression: Any) -> str:  # noqa: ANN401 - a node
    name, node = unwrap(expression)
    if name != "resolved_column_ref_node":
        raise unsupported("expressions in PARTITION BY and CLUSTER BY")
    return str(node.column.name)


_OPTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "description": lambda value: {"description": value.string_value},
    "friendly_name": lambda value: {"friendlyName": value.string_value},
    "labels": lambda value: {
        "labels": {
            pair.struct_value.field[0].string_value: pair.struct_value.field[1].string_value
            for pair in value.array_value.element
        }
    },
    "location": lambda value: {"location": value.string_value},
}


def read_options(options: Any, *only: str) -> dict[str, Any]:  # noqa: ANN401 - a list of nodes
    """Return the fields of a resource that OPTIONS set; raises `ApiError` for others."""
    body: dict[str, Any] = {}
    for option in options:
        name = option.name.lower()
        kind, node = unwrap(option.value)
        if name not in (only or _OPTIONS) or kind != "resolved_literal_node":
            raise unsupported(f"OPTIONS ({option.name})")
        body |= _OPTIONS[name](node.value.value)
    return body
