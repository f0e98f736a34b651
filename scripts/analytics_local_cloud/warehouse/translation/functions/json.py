"""JSON: subscripts count from 0, and a function of one type takes no other.

A JSON value is its text, with the keys of objects in order. A path is checked here: what DuckDB
would read in another way is refused.
"""

import re

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table, bind, text_of
from analytics_local_cloud.warehouse.translation.nodes import Node, NotTranslated, unwrap
from analytics_local_cloud.warehouse.translation.sql_types import (
    field_names,
    letter_of,
    text,
    type_of,
)

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]"'*?@()\s$]+)|\."(?P<quoted>[^"\\]+)"|\['(?P<legacy>[^'\\"]+)'\]|\[(?P<index>\d+)\]"""
)


def _path(call: Call, position: int = 1) -> str:
    """Return DuckDB's path for the one that is a literal in the call, `$` where there is none."""
    if position >= len(call.nodes):
        return "'$'"
    given, steps, end = call.text(position), ["$"], 1
    while match := _STEP.match(given, end):
        index = match["index"]
        name = match["name"] or match["quoted"] or match["legacy"]
        wrong = "quoted" if call.name.startswith("json_extract") else "legacy"
        if match[wrong] is not None:
            raise NotTranslated(f"The JSONPath {given}")
        steps.append(f"[{int(index)}]" if index else f'."{name}"')
        end = match.end()
    if given[:1] != "$" or end != len(given):
        raise NotTranslated(f"The JSONPath {given}")
    return text("".join(steps))


def _at(template: str) -> Node:
    """Return a rule: the template of a JSON value at the path that the call names."""
    return lambda call: template.format(f"json_extract({call.arguments[0]}, {_path(call)})")


def _all(template: str) -> Node:
    def rule(call: Call) -> str:
        path = _path(call)
        value = f"json_extract({call.arguments[0]}, {path})"
        items = f"json_extract({call.arguments[0]}, {path[:-1]}[*]')"
        return template.format(value, items)

    return rule


def _value_of_text(call: Call) -> str:
    path = _path(call)
    body = "gsql_json_scalar_of_text({}, {})".format
    return bind(call.statement, call.arguments[:1], lambda value: body(value, path))


def _subscript(call: Call) -> str:
    name = text_of(call.nodes[1])
    if name is None or re.search(r'["\\]', name):
        raise NotTranslated("A JSON subscript that is no literal")
    return f"json_extract({call.arguments[0]}, {text(f'$.{chr(34)}{name}{chr(34)}')})"


_TO_TEXT = {
    "i": (
        "(CASE WHEN {0} BETWEEN -9007199254740992 AND 9007199254740992"
        " THEN CAST({0} AS VARCHAR) ELSE '\"' || {0} || '\"' END)"
    ),
    "b": "CAST({0} AS VARCHAR)",
    "s": "gsql_json_quote({0})",
    "d": "strftime({0}, '\"%Y-%m-%d\"')",
    "t": "('\"' || gsql_iso(make_timestamp(epoch_us({0}))) || 'Z\"')",
    "D": "('\"' || gsql_iso({0}) || '\"')",
    "f": "gsql_json_float({0})",
    "j": "CAST({0} AS VARCHAR)",
}


def _json_text(type_: Node, value: str, depth: int = 0, *, whole: bool = False) -> str:
    """Return a value as JSON text; `whole` numbers stay numbers, as TO_JSON has them."""
    letter = letter_of(type_)
    if letter == "a":
        item = f"e{depth}"
        inner = _json_text(type_.array_type.element_type, item, depth + 1, whole=whole)
        items = f"array_to_string(list_transform({value}, lambda {item}: {inner}), ',')"
        return f"(CASE WHEN {value} IS NULL THEN 'null' ELSE '[' || {items} || ']' END)"
    if letter == "r":
        fields = [
            (
                name,
                _json_text(
                    item.field_type, f"struct_extract({value}, {text(name)})", depth, whole=whole
                ),
            )
            for name, item in zip(field_names(type_), type_.struct_type.field, strict=True)
        ]
        if field_names(type_) != [item.field_name for item in type_.struct_type.field]:
            raise NotTranslated("JSON of a STRUCT with unnamed fields")
        if whole:
            fields.sort()
        body = " || ',' || ".join(
            f"gsql_json_quote({text(name)}) || ':' || {made}" for name, made in fields
        )
        return f"(CASE WHEN {value} IS NULL THEN 'null' ELSE '{{' || {body} || '}}' END)"
    if letter not in _TO_TEXT or (whole and letter == "f"):
        raise NotTranslated("JSON of this type")
    said = "CAST({0} AS VARCHAR)" if whole and letter == "i" else _TO_TEXT[letter]
    return f"coalesce({said.format(value)}, 'null')"


def _to_json_string(call: Call) -> str:
    if len(call.nodes) > 1:
        raise NotTranslated("TO_JSON_STRING with a second argument")
    type_ = type_of(call.nodes[0])
    return bind(call.statement, call.arguments, lambda value: _json_text(type_, value))


def _to_json(call: Call) -> str:
    type_ = type_of(call.nodes[0])

    def body(value: str) -> str:
        return f"CAST({_json_text(type_, value, whole=True)} AS JSON)"

    _, wide = unwrap(call.nodes[-1])
    if len(call.nodes) > 1 and wide.value.value.bool_value:
        raise NotTranslated("TO_JSON with stringify_wide_numbers")
    return bind(call.statement, call.arguments[:1], body)


def _default(arguments: str, position: int, value: str, macro: str) -> Node:
    """Return a rule for a macro; a further argument must have the value it has by default."""

    def rule(call: Call) -> str:
        if call.text(position) != value:
            raise NotTranslated(f"{call.words()} with {call.text(position)}")
        template = f"{macro}({arguments})"
        return bind(call.statement, call.arguments, template.format)

    return rule


_QUERY, _VALUE = "{0}", "gsql_json_scalar({0})"
_ITEMS = "(CASE WHEN json_type({0}) = 'ARRAY' THEN {1} END)"
_SCALARS = "(CASE WHEN json_type({0}) = 'ARRAY' THEN gsql_json_scalars({1}) END)"
_RULES = {
    "json_query(j": _at(_QUERY),
    "json_extract(j": _at(_QUERY),
    "json_value(j": _at(_VALUE),
    "json_extract_scalar(j": _at(_VALUE),
    "json_value(s": _value_of_text,
    "json_extract_scalar(s": _value_of_text,
    "json_query_array(j": _all(_ITEMS),
    "json_extract_array(j": _all(_ITEMS),
    "json_value_array(j": _all(_SCALARS),
    "json_extract_string_array(j": _all(_SCALARS),
}
JSON: Table = {
    **{f"{key}{path})": rule for key, rule in _RULES.items() for path in ("", ",s")},
    "$subscript(j,i)": "(CASE WHEN {1} >= 0 THEN json_extract({0}, '$[' || {1} || ']') END)",
    "$subscript(j,s)": _subscript,
    "json_type(j)": "gsql_json_type({0})",
    "json_keys(j,i,s)": _default("{0}, {1}", 2, "strict", "gsql_json_keys"),
    "bool(j)": "gsql_json_bool({0})",
    "int64(j)": "gsql_json_int({0})",
    "float64(j,s)": _default("{0}", 1, "round", "gsql_json_float64"),
    "string(j)": "gsql_json_string({0})",
    "to_json_string(*)": _to_json_string,
    "to_json(*)": _to_json,
    "parse_json(s,s)": _default("{0}", 1, "exact", "gsql_parse_json"),
}
