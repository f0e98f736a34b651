"""Queries that both engines answer alike to the last bit, so that the quicker one may.

Only what cannot fail, has one right answer, and means the same to DuckDB: no arithmetic, no casts,
no floating point, no arrays or structs, and JSON only as it is stored.
"""

from functools import lru_cache

from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2 as tree_pb2

from analytics_local_cloud.warehouse.googlesql.analysis import Analyzed, walk

_NODES = {
    f"resolved_{name}_node"
    for name in (
        *("query_stmt", "table_scan", "project_scan", "filter_scan", "order_by_scan"),
        *("limit_offset_scan", "aggregate_scan", "aggregate_scan_base", "analytic_scan"),
        *("computed_column", "computed_column_impl", "column_ref", "literal", "parameter"),
        *("function_call", "function_call_base", "non_scalar_function_call_base"),
        *("aggregate_function_call", "analytic_function_call"),
    )
}
_FUNCTIONS = {
    f"ZetaSQL:{name}"
    for name in (
        *("$equal", "$not_equal", "$less", "$less_or_equal", "$greater", "$greater_or_equal"),
        *("$between", "$in", "$is_null", "$is_true", "$is_false", "$and", "$or", "$not"),
        *("$is_distinct_from", "$is_not_distinct_from", "coalesce", "ifnull", "if"),
        *("$count_star", "count", "countif", "min", "max", "row_number"),
    )
}
_TYPES = {
    type_pb2.TypeKind.Value(f"TYPE_{name}")
    for name in (
        *("BOOL", "BYTES", "DATE", "DATETIME", "INT64", "JSON", "STRING", "TIME", "TIMESTAMP"),
    )
}


@lru_cache(256)
def is_plain(analyzed: Analyzed) -> bool:
    """Tell whether a statement is such a query, if the views in it are."""
    return all(_is_plain_node(node) for node in walk(analyzed.tree))


def _is_plain_node(node: Message) -> bool:
    match node:
        case tree_pb2.ResolvedFunctionCallBaseProto():
            return node.function.name in _FUNCTIONS
        case type_pb2.TypeProto():
            return node.type_kind in _TYPES
        case tree_pb2.ResolvedLiteralProto() | tree_pb2.ResolvedParameterProto():
            return node.parent.type.type_kind != type_pb2.TYPE_JSON
        case tree_pb2.ResolvedLimitOffsetScanProto():  # another number may be NULL, or negative
            given = [value for value in (node.limit, node.offset) if value.ListFields()]
            return all(value.HasField("resolved_literal_node") for value in given)
    wraps = node.DESCRIPTOR.name.startswith("AnyResolved")
    return not wraps or node.WhichOneof("node") in _NODES
