"""ARRAY."""

from analytics_local_cloud.warehouse.translation.function_calls import (
    Call,
    Table,
    bind,
    strict,
    text_of,
)
from analytics_local_cloud.warehouse.translation.sql_types import duckdb_type


def _make(call: Call) -> str:
    return f"CAST([{', '.join(call.arguments)}] AS {duckdb_type(call.type)})"


def _concat(call: Call) -> str:
    def body(*given: str) -> str:
        nulls = " OR ".join(f"{item} IS NULL" for item in given)
        return f"(CASE WHEN {nulls} THEN NULL ELSE flatten([{', '.join(given)}]) END)"

    return bind(call.statement, call.arguments, body)


def _to_string(call: Call) -> str:
    """DuckDB wants a constant separator, or a slower way."""
    join = "gsql_join" if text_of(call.nodes[1]) is None else "array_to_string"

    def body(array: str, separator: str, null: str = "") -> str:
        items = (
            f"list_transform({array}, lambda e: coalesce(e, {null}))"
            if null
            else f"list_filter({array}, lambda e: e IS NOT NULL)"
        )
        known = " AND ".join(f"{item} IS NOT NULL" for item in (array, separator, null) if item)
        return f"(CASE WHEN {known} THEN coalesce({join}({items}, {separator}), '') END)"

    return bind(call.statement, call.arguments, body)


ARRAYS: Table = strict(
    {
        "$make_array(*)": _make,
        "array_length(a)": "CAST(len({0}) AS BIGINT)",
        "array_concat(*)": _concat,
        "$concat_op(a,a)": _concat,
        "array_reverse(a)": "list_reverse({0})",
        "array_to_string(a,s)": _to_string,
        "array_to_string(a,s,s)": _to_string,
        "array_first(a)": "gsql_end({0}, 1, 'ARRAY_FIRST', 'first')",
        "array_last(a)": "gsql_end({0}, -1, 'ARRAY_LAST', 'last')",
        "$array_at_offset(a,i)": "gsql_at({0}, {1} + 1, {1})",
        "$array_at_ordinal(a,i)": "gsql_at({0}, {1}, {1})",
        "$safe_array_at_offset(a,i)": "(CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END)",
        "$safe_array_at_ordinal(a,i)": "(CASE WHEN {1} >= 1 THEN {0}[{1}] END)",
        "generate_array(i,i)": "gsql_generate({0}, {1}, 1)",
        "generate_array(i,i,i)": "gsql_generate({0}, {1}, {2})",
        "generate_date_array(d,d)": "gsql_generate_dates({0}, {1}, 1)",
        "generate_date_array(d,d,i,DAY)": "gsql_generate_dates({0}, {1}, {2})",
        "generate_date_array(d,d,i,WEEK)": "gsql_generate_dates({0}, {1}, {2} * 7)",
    }
)
