"""Comparisons, logic and conditions."""

from itertools import takewhile

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table, bind
from analytics_local_cloud.warehouse.translation.nodes import Node, NotTranslated
from analytics_local_cloud.warehouse.translation.sql_types import (
    field_names,
    letter_of,
    text,
    type_of,
)

_PLAIN = "insybdDtT"  # types that DuckDB compares as GoogleSQL does
_FLOATS = {  # NaN is unequal to everything, and in no order; in DuckDB it is the greatest
    "=": "({0} = {1} AND NOT (isnan({0}) AND isnan({1})))",
    "!=": "({0} != {1} OR (isnan({0}) AND isnan({1})))",
    "<": "({0} < {1} AND (NOT isnan({1}) OR {0} IS NULL))",
    "<=": "({0} <= {1} AND (NOT isnan({1}) OR {0} IS NULL))",
    ">": "({0} > {1} AND (NOT isnan({0}) OR {1} IS NULL))",
    ">=": "({0} >= {1} AND (NOT isnan({0}) OR {1} IS NULL))",
}
_FAILS = "gsql_"  # is in text that may end in an error


def _equal(type_: Node) -> str:
    """Return a template of `{0} = {1}` for a type; raises `NotTranslated`."""
    letter = letter_of(type_)
    if letter in _PLAIN:
        return "({0} = {1})"
    if letter == "f":
        return _FLOATS["="]
    if letter != "r":
        raise NotTranslated("Comparison of this type")
    parts = [
        _equal(item.field_type).format(
            f"struct_extract({{0}}, {text(name)})", f"struct_extract({{1}}, {text(name)})"
        )
        for item, name in zip(type_.struct_type.field, field_names(type_), strict=True)
    ]
    return f"({' AND '.join(parts)})"


def _compared(call: Call, template: str) -> str:
    return bind(call.statement, call.arguments, template.format)


def _equals(call: Call) -> str:
    left, right = (type_of(node) for node in call.nodes)
    if letter_of(left) == "r" and field_names(left) != field_names(right):
        raise NotTranslated("Comparison of structs with other field names")
    return _compared(call, _equal(left))


def _in(call: Call) -> str:
    first, *rest = call.arguments
    if call.letters()[0] in _PLAIN:
        return f"({first} IN ({', '.join(rest)}))"
    equal = _equal(type_of(call.nodes[0]))

    def any_of(wanted: str, *found: str) -> str:
        return f"({' OR '.join(equal.format(wanted, item) for item in found)})"

    return bind(call.statement, call.arguments, any_of)


def _in_array(call: Call) -> str:
    if call.letters()[0] not in _PLAIN:
        raise NotTranslated("IN UNNEST of this type")
    return bind(call.statement, call.arguments, "gsql_in_array({}, {})".format)


def _and(call: Call) -> str:
    """Let what comes first guard what comes after it, if that can fail.

    What cannot fail and comes first stays outside as well, where DuckDB finds it to skip files.
    """
    safe = list(takewhile(lambda item: _FAILS not in item, call.arguments))
    if len(safe) == len(call.arguments):
        return f"({' AND '.join(safe)})"
    whens = " ".join(
        f"WHEN {item} IS NOT DISTINCT FROM FALSE THEN FALSE" for item in call.arguments
    )
    rest = " AND ".join(call.arguments[len(safe) :])
    return f"({' AND '.join([*safe, f'CASE {whens} ELSE {rest} END'])})"


def _or(call: Call) -> str:
    joined = " OR ".join(call.arguments)
    if _FAILS not in joined:
        return f"({joined})"
    whens = " ".join(f"WHEN {item} THEN TRUE" for item in call.arguments)
    return f"(CASE {whens} ELSE {joined} END)"


def _case(call: Call) -> str:
    *pairs, last = call.arguments
    whens = zip(pairs[::2], pairs[1::2], strict=True)
    return f"(CASE {' '.join(f'WHEN {c} THEN {v}' for c, v in whens)} ELSE {last} END)"


def _case_of_value(call: Call) -> str:
    value, *pairs, last = call.arguments
    equal = _equal(type_of(call.nodes[0]))
    whens = zip(pairs[::2], pairs[1::2], strict=True)
    texts = (f"WHEN {equal.format(value, wanted)} THEN {result}" for wanted, result in whens)
    return f"(CASE {' '.join(texts)} ELSE {last} END)"


def _null_if(call: Call) -> str:
    equal = _equal(type_of(call.nodes[0]))
    return bind(
        call.statement,
        call.arguments,
        lambda a, b: f"(CASE WHEN {equal.format(a, b)} THEN NULL ELSE {a} END)",
    )


def _most(call: Call, function: str) -> str:
    if any(letter not in _PLAIN for letter in call.letters()):
        raise NotTranslated(f"{call.words()} of this type")

    def body(*given: str) -> str:
        nulls = " OR ".join(f"{item} IS NULL" for item in given)
        return f"(CASE WHEN {nulls} THEN NULL ELSE {function}({', '.join(given)}) END)"

    return bind(call.statement, call.arguments, body)


_NAMES = {"<": "$less", "<=": "$less_or_equal", ">": "$greater", ">=": "$greater_or_equal"}
OPERATORS: Table = {
    "$equal(*)": _equals,
    "$not_equal(*)": lambda call: f"(NOT {_equals(call)})",
    **{
        f"{name}({letter},{letter})": f"({{0}} {sign} {{1}})"
        for sign, name in _NAMES.items()
        for letter in _PLAIN
    },
    **{f"{name}(f,f)": _FLOATS[sign] for sign, name in _NAMES.items()},
    **{f"$between({x},{x},{x})": "({0} BETWEEN {1} AND {2})" for x in _PLAIN},
    "$between(f,f,f)": (f"({_FLOATS['>=']} AND {_FLOATS['<='].replace('{1}', '{2}')})"),
    "$is_distinct_from(*)": "({0} IS DISTINCT FROM {1})",
    "$is_not_distinct_from(*)": "({0} IS NOT DISTINCT FROM {1})",
    "$is_null(*)": "({0} IS NULL)",
    "$is_true(b)": "({0} IS NOT DISTINCT FROM TRUE)",
    "$is_false(b)": "({0} IS NOT DISTINCT FROM FALSE)",
    "$in(*)": _in,
    "$in_array(*)": _in_array,
    "$and(*)": _and,
    "$or(*)": _or,
    "$not(b)": "(NOT {0})",
    "if(*)": "(CASE WHEN {0} THEN {1} ELSE {2} END)",
    "ifnull(*)": "coalesce({0}, {1})",
    "coalesce(*)": lambda call: f"coalesce({', '.join(call.arguments)})",
    "nullif(*)": _null_if,
    "$case_no_value(*)": _case,
    "$case_with_value(*)": _case_of_value,
    "least(*)": lambda call: _most(call, "least"),
    "greatest(*)": lambda call: _most(call, "greatest"),
    "error(s)": "gsql_fail({0})",
}
