"""ARRAY."""

from analytics_local_cloud.warehouse.translation.calls import Call, Table, bind
from analytics_local_cloud.warehouse.translation.types import duckdb_type


def _make(call: Call) -> str:
    return f"CAST([{', '.join(call.arguments)}] AS {duckdb_type(call.type)})"


def _concat(call: Call) -> str:
    def body(*given: str) -> str:
        nulls = " OR ".join(f"{item} IS NULL" for item in given)
        return f"(CASE WHEN {nulls} THEN NULL ELSE flatten([{', '.join(given)}]) END)"

    return bind(call.statement, call.arguments, body)


_TEXT = "array_to_string(list_filter({0}, lambda e: e IS NOT NULL), {1})"
_OR = "array_to_string(list_transform({0}, lambda e: coalesce(e, {2})), {1})"
ARRAYS: Table = {
    "$make_array(*)": _make,
    "array_length(a)": "CAST(len({0}) AS BIGINT)",
    "array_concat(*)": _concat,
    "$concat_op(a,a)": _concat,
    "array_reverse(a)": "list_reverse({0})",
    "array_to_string(a,s)": f"(CASE WHEN {{1}} IS NOT NULL THEN coalesce({_TEXT}, CASE WHEN {{0}} IS NOT NULL THEN '' END) END)",
    "array_to_string(a,s,s)": f"(CASE WHEN {{1}} IS NOT NULL AND {{2}} IS NOT NULL THEN {_OR} END)",
    "array_first(a)": "gsql_at({0}, 1)",
    "array_last(a)": "gsql_at({0}, len({0}))",
    "$array_at_offset(a,i)": "gsql_at({0}, {1} + 1)",
    "$array_at_ordinal(a,i)": "gsql_at({0}, {1})",
    "$safe_array_at_offset(a,i)": "(CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END)",
    "$safe_array_at_ordinal(a,i)": "(CASE WHEN {1} >= 1 THEN {0}[{1}] END)",
    "generate_array(i,i)": "gsql_generate({0}, {1}, 1)",
    "generate_array(i,i,i)": "gsql_generate({0}, {1}, {2})",
    "generate_date_array(d,d)": "gsql_generate_dates({0}, {1}, 1)",
}
