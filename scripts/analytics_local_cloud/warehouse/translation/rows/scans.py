"""Scans: each becomes a SELECT whose columns are called by their number, so that none collide.

An order of rows is carried along as terms over columns and written where it counts: at the end of
the query, beside a LIMIT, and where rows become an ARRAY.
"""

from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Rows,
    Statement,
    column_name,
    columns_of,
    handles,
    select,
)
from analytics_local_cloud.warehouse.translation.sql_types import letter_of, quoted

_SET_OPERATIONS = (
    *("UNION ALL", "UNION", "INTERSECT ALL", "INTERSECT", "EXCEPT ALL", "EXCEPT"),  # by number
)


@handles("single_row_scan")
def _single_row(_: Statement, __: Node) -> Rows:
    return Rows("SELECT 1 AS nothing")


@handles("table_scan", "table", "column_index_list", "table_column_list")
def _table(statement: Statement, node: Node) -> Rows:
    items = [
        f"{quoted(column.name)} AS {column_name(column)}" for column in node.parent.column_list
    ]
    return Rows(f"{select(items)} FROM {statement.relations[node.table.name]}")


@handles("project_scan", "expr_list", "input_scan")
def _project(statement: Statement, node: Node) -> Rows:
    rows = statement.rows(node.input_scan)
    made = {column_name(item.column): statement.expression(item.expr) for item in node.expr_list}
    names = [column_name(column) for column in node.parent.column_list]
    items = [f"{made[name]} AS {name}" if name in made else name for name in names + rows.keys()]
    return Rows(f"{select(items)} FROM ({rows.sql})", rows.order)


@handles("filter_scan", "filter_expr", "input_scan")
def _filter(statement: Statement, node: Node) -> Rows:
    rows = statement.rows(node.input_scan)
    condition = statement.expression(node.filter_expr)
    names = [column_name(column) for column in node.parent.column_list]
    return Rows(f"{select(names + rows.keys())} FROM ({rows.sql}) WHERE {condition}", rows.order)


@handles("order_by_scan", "input_scan", "order_by_item_list")
def _order_by(statement: Statement, node: Node) -> Rows:
    rows = statement.rows(node.input_scan)
    return Rows(rows.sql, tuple(order_terms(node.order_by_item_list)))


@handles("limit_offset_scan", "input_scan", "limit", "offset")
def _limit(statement: Statement, node: Node) -> Rows:
    rows = statement.rows(node.input_scan)
    names = [column_name(column) for column in node.parent.column_list]
    limits = "".join(
        f" {word} {statement.expression(getattr(node, word.lower()))}"
        for word in ("LIMIT", "OFFSET")
        if node.HasField(word.lower())
    )
    inner = f"{select(names + rows.keys())} FROM ({rows.sql}){rows.ordered()}{limits}"
    return Rows(inner, rows.order)


@handles("barrier_scan", "input_scan")
def _barrier(statement: Statement, node: Node) -> Rows:
    return statement.rows(node.input_scan)


@handles("set_operation_scan", "op_type", "input_item_list")
def _set_operation(statement: Statement, node: Node) -> Rows:
    names = [column_name(column) for column in node.parent.column_list]
    parts = []
    for item in node.input_item_list:
        columns = [column_name(column) for column in item.output_column_list]
        items = [f"{column} AS {name}" for column, name in zip(columns, names, strict=True)]
        parts.append(f"({select(items)} FROM ({statement.rows(item.scan).sql}))")
    return Rows(f" {_SET_OPERATIONS[node.op_type]} ".join(parts))


@handles("with_scan", "with_entry_list", "query")
def _with(statement: Statement, node: Node) -> Rows:
    entries = []
    for entry in node.with_entry_list:
        columns = columns_of(entry.with_subquery)
        inner = f"{select(columns)} FROM ({statement.rows(entry.with_subquery).sql})"
        entries.append(f"{_with_name(entry)} AS ({inner})")
    rows = statement.rows(node.query)
    return Rows(f"WITH {', '.join(entries)} {rows.sql}", rows.order)


@handles("with_ref_scan", "with_query_name")
def _with_reference(_: Statement, node: Node) -> Rows:
    names = [column_name(column) for column in node.parent.column_list]
    columns = f"({', '.join(names)})" if names else ""
    return Rows(f"{select(names)} FROM {_with_name(node)} AS w{columns}")


def _with_name(node: Node) -> str:
    return quoted(f"with {node.with_query_name}")


def order_terms(items: Node) -> list[str]:
    """Return terms of ORDER BY: NULL first unless descending, NaN the smallest number.

    Raises `NotTranslated` for types that GoogleSQL does not order.
    """
    terms = []
    for item in items:
        column = item.column_ref.column
        letter = letter_of(column.type)
        if letter in "arjev" or item.collation.ListFields() or item.HasField("collation_name"):
            raise NotTranslated("ORDER BY of this type")
        ways = ("ASC", "DESC") if item.is_descending else ("DESC", "ASC")
        first = item.null_order == 1 or (not item.null_order and not item.is_descending)
        nulls = "NULLS FIRST" if first else "NULLS LAST"
        if letter == "f":
            terms.append(f"isnan({column_name(column)}) {ways[0]} {nulls}")
        terms.append(f"{column_name(column)} {ways[1]} {nulls}")
    return terms
