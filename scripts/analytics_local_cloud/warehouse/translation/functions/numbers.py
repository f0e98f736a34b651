"""Arithmetic."""

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated, unwrap

_ONE = "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp ln sqrt log10 cbrt"
_SCALE = 9  # digits after the point of a NUMERIC


def _round_numeric(call: Call) -> str:
    _, literal = unwrap(call.nodes[1])
    digits = literal.value.value.int64_value if hasattr(literal, "value") else -1
    if not 0 <= digits <= _SCALE:
        raise NotTranslated("ROUND of a NUMERIC with this second argument")
    return f"CAST(round({call.arguments[0]}, {digits}) AS DECIMAL(38,9))"


def _safe(name: str, of: str) -> Table:
    return {f"safe_{name}({pair})": f"TRY({_BASE[f'${of}({pair})']})" for pair in ("i,i", "f,f")}


_BASE: Table = {
    **{
        f"${name}({letter},{letter})": f"({{0}} {sign} {{1}})"
        for name, sign in (("add", "+"), ("subtract", "-"), ("multiply", "*"))
        for letter in "i"
    },
    "$add(n,n)": "({0} + {1})",
    "$subtract(n,n)": "({0} - {1})",
    "$multiply(n,n)": "CAST({0} * {1} AS DECIMAL(38,9))",
    "$add(f,f)": "gsql_finite({0} + {1}, {0}, {1}, '+')",
    "$subtract(f,f)": "gsql_finite({0} - {1}, {0}, {1}, '-')",
    "$multiply(f,f)": "gsql_finite({0} * {1}, {0}, {1}, '*')",
    "$divide(f,f)": "gsql_divide({0}, {1})",
    "$unary_minus(i)": "(0 - {0})",  # -x of a constant would be widened
    "$unary_minus(f)": "(-{0})",
    "$unary_minus(n)": "(-{0})",
}
NUMBERS: Table = {
    **_BASE,
    **_safe("add", "add"),
    **_safe("subtract", "subtract"),
    **_safe("multiply", "multiply"),
    "safe_divide(f,f)": "TRY(gsql_divide({0}, {1}))",
    "safe_negate(i)": "TRY(0 - {0})",
    "safe_negate(f)": "(-{0})",
    "ieee_divide(f,f)": "({0} / {1})",
    "div(i,i)": "gsql_div({0}, {1})",
    "mod(i,i)": "gsql_mod({0}, {1})",
    "$bitwise_and(i,i)": "({0} & {1})",
    "$bitwise_or(i,i)": "({0} | {1})",
    "$bitwise_xor(i,i)": "xor({0}, {1})",
    "$bitwise_not(i)": "(~{0})",
    "bit_count(i)": "CAST(bit_count({0}) AS BIGINT)",
    **{f"abs({letter})": "abs({0})" for letter in "ifn"},
    "sign(i)": "CAST(sign({0}) AS BIGINT)",
    "sign(n)": "CAST(sign({0}) AS DECIMAL(38,9))",
    "sign(f)": "(CASE WHEN isnan({0}) THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END)",
    "is_inf(f)": "isinf({0})",
    "is_nan(f)": "isnan({0})",
    "round(f)": "round({0})",
    "round(f,i)": "gsql_round({0}, {1})",
    "round(n)": "CAST(round({0}, 0) AS DECIMAL(38,9))",
    "round(n,i)": _round_numeric,
    "trunc(f)": "trunc({0})",
    "trunc(n)": "CAST(trunc({0}) AS DECIMAL(38,9))",
    "ceil(f)": "ceil({0})",
    "ceil(n)": "CAST(ceil({0}) AS DECIMAL(38,9))",
    "floor(f)": "floor({0})",
    "floor(n)": "CAST(floor({0}) AS DECIMAL(38,9))",
    **{f"{name}(f)": f"gsql_{name}({{0}})" for name in _ONE.split()},
    "atan2(f,f)": "atan2({0}, {1})",
    "pow(f,f)": "gsql_pow({0}, {1})",
    "log(f)": "gsql_ln({0})",
    "log(f,f)": "gsql_log({0}, {1})",
    "rand()": "random()",
    "range_bucket(i,a)": "gsql_range_bucket({0}, {1})",
}
