"""Joins, and arrays as rows."""

from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Rows,
    Statement,
    column_name,
    handles,
    select,
)

_JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")  # by number


@handles("join_scan", "join_type", "left_scan", "right_scan", "join_expr")
def _join(statement: Statement, node: Node) -> Rows:
    left, right = statement.rows(node.left_scan).sql, statement.rows(node.right_scan).sql
    condition = statement.expression(node.join_expr) if node.HasField("join_expr") else "TRUE"
    names = [column_name(column) for column in node.parent.column_list]
    join = _JOINS[node.join_type]
    return Rows(f"{select(names)} FROM ({left}) {join} ({right}) ON {condition}")


@handles(
    "array_scan",
    *("input_scan", "array_expr_list", "element_column_list", "array_offset_column"),
    *("join_expr", "is_outer"),
)
def _array(statement: Statement, node: Node) -> Rows:
    if len(node.array_expr_list) != 1:
        raise NotTranslated("UNNEST of several arrays")
    array = statement.expression(node.array_expr_list[0])
    element = column_name(node.element_column_list[0])
    given = node.HasField("array_offset_column")
    offset = (
        column_name(node.array_offset_column.column) if given else f"o_{next(statement.numbers)}"
    )
    element = f"unnest(a) AS {column_name(node.element_column_list[0])}"
    items = f"{element}, CAST(generate_subscripts(a, 1) - 1 AS BIGINT) AS {offset}"
    unnested = f"SELECT {items} FROM (SELECT {array} AS a)"
    names = [column_name(column) for column in node.parent.column_list]
    if not node.HasField("input_scan"):
        return Rows(f"{select([*names, offset])} FROM ({unnested})", (f"{offset} ASC",))
    rows = statement.rows(node.input_scan).sql
    if not node.is_outer and not node.HasField("join_expr"):  # much faster than a join
        return Rows(
            f"{select(names)} FROM (SELECT *, {items} FROM (SELECT *, {array} AS a FROM ({rows})))"
        )
    condition = statement.expression(node.join_expr) if node.HasField("join_expr") else "TRUE"
    join = "LEFT JOIN" if node.is_outer else "JOIN"
    return Rows(f"{select(names)} FROM ({rows}) {join} LATERAL ({unnested}) ON {condition}")
