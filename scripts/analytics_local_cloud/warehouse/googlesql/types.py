"""Columns of the REST API ↔ types of GoogleSQL."""

from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2 as tree_pb2

from analytics_local_cloud.warehouse.api_errors import unsupported
from analytics_local_cloud.warehouse.values.column_types import Column

_KINDS = {
    "BIGNUMERIC": type_pb2.TYPE_BIGNUMERIC,
    "BOOLEAN": type_pb2.TYPE_BOOL,
    "BYTES": type_pb2.TYPE_BYTES,
    "DATE": type_pb2.TYPE_DATE,
    "DATETIME": type_pb2.TYPE_DATETIME,
    "FLOAT": type_pb2.TYPE_DOUBLE,
    "INTEGER": type_pb2.TYPE_INT64,
    "INTERVAL": type_pb2.TYPE_INTERVAL,
    "JSON": type_pb2.TYPE_JSON,
    "NUMERIC": type_pb2.TYPE_NUMERIC,
    "STRING": type_pb2.TYPE_STRING,
    "TIME": type_pb2.TYPE_TIME,
    "TIMESTAMP": type_pb2.TYPE_TIMESTAMP,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def type_of(column: Column) -> type_pb2.TypeProto:
    """Return GoogleSQL's type of a column; raises `ApiError` (notImplemented)."""
    item = item_type(column)
    if column.mode != "REPEATED":
        return item
    array = type_pb2.ArrayTypeProto(element_type=item)
    return type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY, array_type=array)


def item_type(column: Column) -> type_pb2.TypeProto:
    """Return the type of one value of a column, repeated or not."""
    if column.type == "RECORD":
        struct = type_pb2.StructTypeProto()
        for field in column.fields:
            struct.field.add(field_name=field.name, field_type=type_of(field))
        return type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT, struct_type=struct)
    if column.type not in _KINDS:
        raise unsupported(f"columns of type {column.type}")
    return type_pb2.TypeProto(type_kind=_KINDS[column.type])


def column_of(name: str, kind: type_pb2.TypeProto) -> Column:
    """Return the column for a type; raises `ApiError` (notImplemented) for what has none here."""
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        item = column_of(name, kind.array_type.element_type)
        return Column(name, item.type, "REPEATED", item.fields)
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        return Column(name, "RECORD", "NULLABLE", _fields(kind.struct_type))
    if kind.type_kind not in _NAMES:
        what = type_pb2.TypeKind.Name(kind.type_kind).removeprefix("TYPE_")
        raise unsupported(f"results of type {what}")
    return Column(name, _NAMES[kind.type_kind])


def output_columns(query: tree_pb2.AnyResolvedStatementProto) -> tuple[Column, ...]:
    """Return the columns of a query; those without a name are `f0_`, `f1_`, … as in BigQuery."""
    found, anonymous = [], 0
    for output in query.resolved_query_stmt_node.output_column_list:
        name = output.name
        if name.startswith("$") or not name:
            name, anonymous = f"f{anonymous}_", anonymous + 1
        found.append(column_of(name, output.column.type))
    return tuple(found)


def _fields(struct: type_pb2.StructTypeProto) -> tuple[Column, ...]:
    return tuple(column_of(field.field_name, field.field_type) for field in struct.field)
