"""GROUP BY and the functions that turn many rows into one value."""

from analytics_local_cloud.warehouse.translation.function_calls import Call, find, text_of
from analytics_local_cloud.warehouse.translation.functions.aggregate import AGGREGATES, NAVIGATION
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
from analytics_local_cloud.warehouse.translation.rows.scans import order_terms
from analytics_local_cloud.warehouse.translation.sql_types import letter_of, type_of

_IGNORE_NULLS, _RESPECT_NULLS = 1, 2  # NullHandlingModifier
_MAX, _MIN = 1, 2  # HavingModifierKind
_BY_DISTINCT = {"count", "sum", "avg", "string_agg", "array_agg", "min", "max", "any_value"}
_BY_DISTINCT |= {"logical_and", "logical_or", "approx_count_distinct", "bit_and", "bit_or"}
_IN_ORDER = {"string_agg", "array_agg", "array_concat_agg"}
_KEEPS_NULLS = {"array_agg"}
_READS = (
    *("function", "argument_list", "distinct", "null_handling_modifier", "order_by_item_list"),
    *("limit", "having_modifier", "where_expr", "window_frame"),
)


@handles(
    "aggregate_scan",
    *("input_scan", "group_by_list", "aggregate_list", "grouping_set_list", "grouping_call_list"),
    "rollup_column_list",
)
def _aggregate_scan(statement: Statement, node: Node) -> Rows:
    base = node.parent
    rows = statement.rows(base.input_scan).sql
    keys = [
        f"{statement.expression(item.expr)} AS {column_name(item.column)}"
        for item in base.group_by_list
    ]
    if any(letter_of(item.column.type) in "ajv" for item in base.group_by_list):
        raise NotTranslated("GROUP BY of this type")
    names = [column_name(item.column) for item in base.group_by_list]
    items = [
        f"{aggregate(statement, item.expr)} AS {column_name(item.column)}"
        for item in (unwrap(computed)[1] for computed in base.aggregate_list)
    ]
    for call in base.grouping_call_list:
        name = column_name(call.group_by_column.column)
        items.append(f"GROUPING({name}) AS {column_name(call.output_column)}")
    sets = _grouping_sets(base)
    if not names:
        return Rows(f"SELECT {', '.join(items) or 'count(*) AS nothing'} FROM ({rows})")
    inner = f"SELECT *, {', '.join(keys)} FROM ({rows})"
    by = f"GROUPING SETS ({sets})" if sets else ", ".join(names)
    return Rows(f"SELECT {', '.join(names + items)} FROM ({inner}) GROUP BY {by}")


def _grouping_sets(base: Node) -> str:
    sets = []
    for found in base.grouping_set_list:
        kind, node = unwrap(found)
        if kind != "resolved_grouping_set_node":
            raise NotTranslated("ROLLUP and CUBE")
        names = [column_name(item.column) for item in node.group_by_column_list]
        sets.append(f"({', '.join(names)})")
    return ", ".join(sets)


def aggregate(statement: Statement, expression: Node, over: str = "") -> str:
    """Return an aggregate, or with `over` (` OVER (…)`) an analytic, function call.

    Raises `NotTranslated` for functions, and modifiers of a function, that are not served.
    """
    _, node = unwrap(expression)
    read_only(node, *_READS)
    call, base = node.parent.parent, node.parent
    name = call.function.name.removeprefix("ZetaSQL:")
    if call.error_mode or (base.distinct and name not in _BY_DISTINCT):
        raise NotTranslated(f"{name.upper()} with SAFE or DISTINCT")
    arguments = [
        statement.expression(item) if letter_of(type_of(item)) != "e" else ""
        for item in call.argument_list
    ]
    nodes = tuple(call.argument_list)
    found = Call(statement, name, _PLACES[: len(arguments)], nodes, call.parent.type)
    template = find(found, (NAVIGATION, AGGREGATES) if over else (AGGREGATES,))
    template = template(found) if callable(template) else template
    if name in _IN_ORDER and is_set(node, "limit"):
        template = _limited(name, call)
    if is_set(node, "having_modifier"):
        template = _having(node, name)
        arguments.append(statement.expression(node.having_modifier.having_expr))
    return template.format(*arguments, **_modifiers(statement, node, name, arguments, over))


_PLACES = ("{0}", "{1}", "{2}")


def _modifiers(
    statement: Statement, node: Node, name: str, arguments: list[str], over: str
) -> dict[str, str]:
    base, order = node.parent, getattr(node, "order_by_item_list", ())
    conditions = []
    nulls = base.null_handling_modifier
    if (nulls == _IGNORE_NULLS and name in _KEEPS_NULLS) or name in {
        "string_agg",
        "array_concat_agg",
    }:
        conditions.append(f"{arguments[0]} IS NOT NULL")
    if nulls == _RESPECT_NULLS and f"{name}(*)" not in NAVIGATION and name not in _KEEPS_NULLS:
        raise NotTranslated(f"RESPECT NULLS in {name.upper()}")
    if is_set(base, "where_expr"):
        conditions.append(statement.expression(base.where_expr))
    if order and name not in _IN_ORDER:
        raise NotTranslated(f"ORDER BY in {name.upper()}")
    kept = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    return {
        "distinct": "DISTINCT " if base.distinct else "",
        "order": f" ORDER BY {', '.join(order_terms(order))}" if order else "",
        "over": kept + over,
        "nulls": " IGNORE NULLS" if nulls == _IGNORE_NULLS else "",
        "limit": statement.expression(node.limit) if is_set(node, "limit") else "",
    }


def _limited(name: str, call: Node) -> str:
    values = "(list({distinct}{0}{order}){over})[1:{limit}]"
    if name == "array_agg":
        return values
    separator = len(call.argument_list) > 1
    if name != "string_agg" or (separator and text_of(call.argument_list[1]) is None):
        raise NotTranslated(f"LIMIT in {name.upper()}")
    return f"array_to_string({values}, {'{1}' if separator else chr(39) + ',' + chr(39)})"


def _having(node: Node, name: str) -> str:
    modifier = node.having_modifier
    if name != "any_value" or letter_of(type_of(modifier.having_expr)) not in "insdDtT":
        raise NotTranslated(f"HAVING in {name.upper()}")
    return f"arg_{'max' if modifier.kind == _MAX else 'min'}_null({{0}}, {{1}}){{over}}"
