"""INSERT, UPDATE, DELETE, MERGE and TRUNCATE.

What a statement does to which row is worked out by a query over the table's `rowid` first: then a
statement can be narrowed to some rows of its table by narrowing that query.
"""

from collections.abc import Mapping

from analytics_local_cloud.warehouse.translation.assignments import (
    MANY,
    assigned,
    columns_of_target,
    stored,
    stored_values,
    table_of,
    target_rows,
)
from analytics_local_cloud.warehouse.translation.merges import merge
from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Statement,
    column_name,
    columns_of,
    is_set,
    read_only,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.sql_types import quoted


def translate_change(
    statement: Node,
    relations: Mapping[str, str],
    parameters: Mapping[str, str],
    only_rows: str | None = None,
) -> str | None:
    """Return DuckDB SQL of a statement that changes rows; its result is their number.

    `only_rows` is a DuckDB condition on the table's `rowid`: no other rows are changed, and none
    inserted; None stands for a statement that then changes nothing. Raises `NotTranslated`.
    """
    kind, node = unwrap(statement)
    if kind not in _CHANGES:
        raise NotTranslated(kind.removeprefix("resolved_").removesuffix("_stmt_node").upper())
    read_only(node, *_READS)
    return _CHANGES[kind](Statement(relations, parameters), node, only_rows)


_READS = (
    *("table_scan", "insert_column_list", "query", "query_output_column_list", "row_list"),
    *("where_expr", "update_item_list", "from_scan", "merge_expr", "when_clause_list"),
)


def _insert(statement: Statement, node: Node, only_rows: str | None) -> str | None:
    if only_rows is not None:
        return None
    types = [column.type for column in node.insert_column_list]
    if is_set(node, "query"):
        query = statement.rows(node.query)
        names = [column_name(column) for column in node.query_output_column_list]
        items = [stored(type_, name) for type_, name in zip(types, names, strict=True)]
        source = f"SELECT {', '.join(items)} FROM ({query.sql}){query.ordered()}"
    else:
        rows = (stored_values(statement, types, row.value_list) for row in node.row_list)
        source = "VALUES " + ", ".join(f"({', '.join(values)})" for values in rows)
    columns = ", ".join(quoted(column.name) for column in node.insert_column_list)
    return f"INSERT INTO {table_of(statement, node)} ({columns}) {source}"


def _delete(statement: Statement, node: Node, only_rows: str | None) -> str:
    condition = statement.expression(node.where_expr) if is_set(node, "where_expr") else "TRUE"
    rows = f"SELECT row_number FROM ({target_rows(statement, node, only_rows)}) WHERE {condition}"
    return f"DELETE FROM {table_of(statement, node)} WHERE rowid IN ({rows})"


def _truncate(statement: Statement, node: Node, only_rows: str | None) -> str:
    return f"DELETE FROM {table_of(statement, node)} WHERE {only_rows or 'TRUE'}"


def _update(statement: Statement, node: Node, only_rows: str | None) -> str:
    rows = f"({target_rows(statement, node, only_rows)})"
    condition = statement.expression(node.where_expr) if is_set(node, "where_expr") else "TRUE"
    names = columns_of_target(node)
    if is_set(node, "from_scan"):
        rows += f" CROSS JOIN ({statement.rows(node.from_scan).sql})"
        names += columns_of(node.from_scan)
    chosen = f"SELECT {', '.join(['row_number', *names])} FROM {rows} WHERE {condition}"
    items = assigned(statement, node.update_item_list)
    values = [f"{value} AS v{place}" for place, value in enumerate(items.values())]
    count = "count(*) OVER (PARTITION BY row_number) AS matches"
    inner = f"SELECT row_number, {', '.join([*values, count])} FROM ({chosen})"
    once = f"(CASE WHEN matches > 1 THEN gsql_fail('{MANY}') ELSE row_number END)"
    sets = ", ".join(f"{name} = u.v{place}" for place, name in enumerate(items))
    table = table_of(statement, node)
    return f"UPDATE {table} AS t SET {sets} FROM ({inner}) AS u WHERE t.rowid = {once}"


_CHANGES = {
    "resolved_insert_stmt_node": _insert,
    "resolved_update_stmt_node": _update,
    "resolved_delete_stmt_node": _delete,
    "resolved_merge_stmt_node": merge,
    "resolved_truncate_stmt_node": _truncate,
}
