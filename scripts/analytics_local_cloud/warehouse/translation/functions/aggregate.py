"""Aggregate and navigation functions.

`{distinct}`, `{order}`, `{over}` (FILTER and OVER), `{nulls}` are what the call says besides its
arguments.
"""

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated, unwrap

_ORDERED = "insybdDtT"  # whose order is DuckDB's, too
_MOST_QUANTILES = 1000


def _quantiles(call: Call) -> str:
    _, literal = unwrap(call.nodes[1])
    number = getattr(literal, "value", None) and literal.value.value.int64_value
    if not number or not 0 < number <= _MOST_QUANTILES:
        raise NotTranslated("APPROX_QUANTILES with this number")
    shares = ", ".join(repr(step / number) for step in range(number + 1))
    return f"quantile_disc({{0}}, [{shares}]){{over}}"


def _of_finite(function: str) -> str:
    """Return NaN as soon as one number is NaN or infinite: DuckDB has an error there."""
    finite = f"{function}({{distinct}}CASE WHEN isfinite({{0}}) THEN {{0}} END){{over}}"
    odd = "bool_or(NOT isfinite({0})){over}"
    return f"(CASE WHEN {odd} THEN CAST('nan' AS DOUBLE) ELSE {finite} END)"


def _known_order(function: str) -> str:
    """NaN is the smallest number, and the greatest in DuckDB."""
    refused = f"gsql_refuse('{function.upper()} of NaN and infinity')"
    odd = "bool_or(NOT isfinite({0})){over}"
    return f"(CASE WHEN {odd} THEN {refused} ELSE {function}({{0}}, {{1}}){{over}} END)"


AGGREGATES: Table = {
    "$count_star()": "count(*){over}",
    "count(*)": "count({distinct}{0}){over}",
    "countif(b)": "count(CASE WHEN {0} THEN 1 END){over}",
    "sum(i)": "CAST(sum({distinct}{0}){over} AS BIGINT)",
    "sum(n)": "sum({distinct}{0}){over}",
    "sum(f)": (
        "(CASE WHEN isinf(sum({distinct}{0}){over}) AND NOT bool_or(isinf({0})){over}"
        " THEN gsql_fail('double overflow') ELSE sum({distinct}{0}){over} END)"
    ),
    "avg(i)": "avg({distinct}{0}){over}",
    "avg(f)": "avg({distinct}{0}){over}",
    **{f"min({letter})": "min({0}){over}" for letter in _ORDERED},
    **{f"max({letter})": "max({0}){over}" for letter in _ORDERED},
    "min(f)": (
        "(CASE WHEN bool_or(isnan({0})){over} THEN CAST('nan' AS DOUBLE) ELSE min({0}){over} END)"
    ),
    "max(f)": "max({0}){over}",
    "any_value(*)": "any_value({0}){over}",
    "logical_and(b)": "bool_and({0}){over}",
    "logical_or(b)": "bool_or({0}){over}",
    "bit_and(i)": "bit_and({0}){over}",
    "bit_or(i)": "bit_or({0}){over}",
    "bit_xor(i)": "bit_xor({0}){over}",
    "string_agg(s)": "string_agg({distinct}{0}, ','{order}){over}",
    "string_agg(s,s)": "string_agg({distinct}{0}, {1}{order}){over}",
    "array_agg(*)": "list({distinct}{0}{order}){over}",
    "array_concat_agg(a)": "flatten(list({0}{order}){over})",
    "approx_count_distinct(*)": "count(DISTINCT {0}){over}",
    **{f"approx_quantiles({letter},i)": _quantiles for letter in "if" + _ORDERED[2:]},
    **{f"{name}(f)": _of_finite(name) for name in ("var_samp", "var_pop")},
    **{f"{name}(f)": _of_finite(name) for name in ("stddev_samp", "stddev_pop")},
    "corr(f,f)": "(CASE WHEN regr_count({0}, {1}){over} > 1 THEN corr({0}, {1}){over} END)",
    "covar_pop(f,f)": "covar_pop({0}, {1}){over}",
    "covar_samp(f,f)": "covar_samp({0}, {1}){over}",
}
NAVIGATION: Table = {
    "row_number()": "row_number(){over}",
    "rank()": "rank(){over}",
    "dense_rank()": "dense_rank(){over}",
    "percent_rank()": "percent_rank(){over}",
    "cume_dist()": "cume_dist(){over}",
    "ntile(i)": "ntile({0}){over}",
    "lead(*)": lambda call: f"lead({_listed(call)}){{over}}",
    "lag(*)": lambda call: f"lag({_listed(call)}){{over}}",
    "first_value(*)": "first_value({0}{nulls}){over}",
    "last_value(*)": "last_value({0}{nulls}){over}",
    "nth_value(*)": "nth_value({0}, {1}{nulls}){over}",
    "percentile_cont(f,f)": _known_order("quantile_cont"),
    "percentile_disc(f,f)": _known_order("quantile_disc"),
    **{f"percentile_disc({letter},f)": "quantile_disc({0}, {1}){over}" for letter in _ORDERED},
}


def _listed(call: Call) -> str:
    return ", ".join(call.arguments)
