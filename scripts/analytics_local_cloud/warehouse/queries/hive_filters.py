"""Which files of an external table a statement wants: what its WHERE says of hive keys alone."""

from collections.abc import Iterator
from typing import Any

from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2 as tree_pb2

from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.googlesql.analysis import table_scans, walk
from analytics_local_cloud.warehouse.queries.resolution import Resolved, Source
from analytics_local_cloud.warehouse.translation.nodes import (
    NotTranslated,
    Statement,
    column_name,
    unwrap,
)


def wanted_files(query: Resolved, source: Source, parameters: dict[str, str]) -> str | None:
    """Return a condition in DuckDB SQL on the hive keys; None where every file is wanted."""
    keys = _hive_keys(source)
    name = source.known.name
    filtered = [
        node
        for node in walk(query.tree)
        if isinstance(node, tree_pb2.ResolvedFilterScanProto) and _table(node) == name
    ]
    scans = sum(scan.table.name == name for scan in table_scans(query.tree))
    if not keys or len(filtered) < scans:
        return None
    statement = Statement({}, parameters)
    found = [_condition(statement, node, source, keys) for node in filtered]
    return " OR ".join(item for item in found if item) if all(found) else None


def _hive_keys(source: Source) -> set[str]:
    """Return the columns of an external table that its given schema does not have."""
    fields = ((source.external or {}).get("schema") or {}).get("fields") or ()
    given = {str(field["name"]).casefold() for field in fields}
    names = {column.name.casefold() for column in source.known.columns}
    return names - given if given else set()


def _table(node: tree_pb2.ResolvedFilterScanProto) -> str | None:
    kind, scan = unwrap(node.input_scan)
    return str(scan.table.name) if kind == "resolved_table_scan_node" else None


def _condition(
    statement: Statement, node: tree_pb2.ResolvedFilterScanProto, source: Source, keys: set[str]
) -> str | None:
    _, scan = unwrap(node.input_scan)
    columns = zip(scan.column_index_list, scan.parent.column_list, strict=True)
    names = {
        column.column_id: source.known.columns[index].name
        for index, column in columns
        if index < len(source.known.columns) and source.known.columns[index].name.casefold() in keys
    }
    items = ", ".join(
        f"{quote(name)} AS {column_name(column)}"
        for column in scan.parent.column_list
        if (name := names.get(column.column_id))
    )
    found = []
    for part in _conjuncts(node.filter_expr):
        references = _references(part)
        if references and references <= set(names):
            try:
                found.append(statement.expression(part))
            except NotTranslated:
                continue
    return f"(SELECT {' AND '.join(found)} FROM (SELECT {items}))" if found else None  # noqa: S608 - generated


def _conjuncts(expression: Any) -> Iterator[Any]:  # noqa: ANN401 - a node
    kind, node = unwrap(expression)
    if kind == "resolved_function_call_node" and node.parent.function.name == "ZetaSQL:$and":
        for argument in node.parent.argument_list:
            yield from _conjuncts(argument)
    else:
        yield expression


def _references(expression: Any) -> set[int]:  # noqa: ANN401 - a node
    return {
        node.column.column_id
        for node in walk(expression)
        if isinstance(node, tree_pb2.ResolvedColumnRefProto)
    }
