"""Functions over windows of rows."""

from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Rows,
    Statement,
    column_name,
    handles,
    is_set,
    read_only,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.rows.aggregates import aggregate
from analytics_local_cloud.warehouse.translation.rows.scans import order_terms
from analytics_local_cloud.warehouse.translation.sql_types import letter_of

_ROWS = 0  # FrameUnit
_BOUNDS = (  # BoundaryType
    "UNBOUNDED PRECEDING",
    "{} PRECEDING",
    "CURRENT ROW",
    "{} FOLLOWING",
    "UNBOUNDED FOLLOWING",
)
_OFFSETS = {1, 3}


@handles("analytic_scan", "input_scan", "function_group_list")
def _analytic_scan(statement: Statement, node: Node) -> Rows:
    rows = statement.rows(node.input_scan)
    items = []
    for group in node.function_group_list:
        read_only(group, "partition_by", "order_by", "analytic_function_list")
        read_only(group.partition_by, "partition_by_list")
        read_only(group.order_by, "order_by_item_list")
        for computed in group.analytic_function_list:
            _, item = unwrap(computed)
            over = f" OVER ({_window(statement, group, unwrap(item.expr)[1])})"
            items.append(f"{aggregate(statement, item.expr, over)} AS {column_name(item.column)}")
    return Rows(f"SELECT *, {', '.join(items)} FROM ({rows.sql})", rows.order)


def _window(statement: Statement, group: Node, call: Node) -> str:
    columns = [item.column for item in group.partition_by.partition_by_list]
    if any(letter_of(column.type) in "ajv" for column in columns):
        raise NotTranslated("PARTITION BY of this type")
    terms = order_terms(group.order_by.order_by_item_list)
    parts = []
    if columns:
        parts.append(f"PARTITION BY {', '.join(map(column_name, columns))}")
    if terms:
        parts.append(f"ORDER BY {', '.join(terms)}")
    if call.HasField("window_frame"):
        parts.append(_frame(statement, call.window_frame, group))
    return " ".join(parts)


def _frame(statement: Statement, frame: Node, group: Node) -> str:
    bounds = []
    for bound in (frame.start_expr, frame.end_expr):
        offset = statement.expression(bound.expression) if is_set(bound, "expression") else ""
        by_value = frame.frame_unit != _ROWS and bound.boundary_type in _OFFSETS
        keys = group.order_by.order_by_item_list
        if by_value and letter_of(keys[0].column_ref.column.type) != "i":
            raise NotTranslated("RANGE with an offset on this type")
        bounds.append(_BOUNDS[bound.boundary_type].format(offset))
    unit = "ROWS" if frame.frame_unit == _ROWS else "RANGE"
    return f"{unit} BETWEEN {bounds[0]} AND {bounds[1]}"
