"""STRING and BYTES, and regular expressions (RE2 here and there)."""

import re

from analytics_local_cloud.warehouse.translation.function_calls import (
    Call,
    Table,
    bind,
    strict,
    text_of,
)
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated

# Escapes and classes of a regular expression, which hold no groups.
_NO_GROUP = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", re.DOTALL)
_OPTIONAL = re.compile(r"\)[?*{]|\|")  # a group that may take no part in a match
_GROUP = re.compile(r"\((?!\?)|\(\?P?<")


def _groups(call: Call) -> int:
    """Return whether (1 or 0) the pattern has a group; raises `NotTranslated` without a literal."""
    groups = len(_GROUP.findall(_NO_GROUP.sub("", call.text(1))))
    if groups > 1:
        raise NotTranslated(f"{call.words()} with more than one group")
    return groups


def _extract(call: Call) -> str:
    groups = _groups(call)
    template = f"gsql_regexp_extract({{}}, {{}}, {groups})"
    if groups and _OPTIONAL.search(call.text(1)):
        template = "gsql_regexp_extract_optional({}, {})"
    return bind(call.statement, call.arguments, template.format)


def _extract_all(call: Call) -> str:
    template = f"gsql_regexp_extract_all({{}}, {{}}, {_groups(call)})"
    return bind(call.statement, call.arguments, template.format)


def _replace(call: Call) -> str:
    subject, pattern, into = call.arguments
    if re.search(r"\\[^0-9\\]|\\$", call.text(2)):
        raise NotTranslated("REGEXP_REPLACE with this replacement")
    return f"regexp_replace({subject}, {pattern}, {into}, 'g')"


def _like(call: Call) -> str:
    pattern = text_of(call.nodes[1])
    escape = "" if pattern is not None and "\\" not in pattern else r" ESCAPE '\'"
    return f"({call.arguments[0]} LIKE {call.arguments[1]}{escape})"


def _joined(call: Call) -> str:
    if set(call.letters()) not in ({"s"}, {"y"}):
        raise NotTranslated("CONCAT of this type")
    return f"({' || '.join(call.arguments)})"


STRINGS: Table = strict(
    {
        "$like(s,s)": _like,
        "concat(*)": _joined,
        "$concat_op(s,s)": "({0} || {1})",
        "$concat_op(y,y)": "({0} || {1})",
        "length(s)": "length({0})",
        "length(y)": "CAST(octet_length({0}) AS BIGINT)",
        "char_length(s)": "length({0})",
        "byte_length(s)": "CAST(strlen({0}) AS BIGINT)",
        "byte_length(y)": "CAST(octet_length({0}) AS BIGINT)",
        "lower(s)": "gsql_lower({0})",
        "upper(s)": "gsql_upper({0})",
        "initcap(s)": "gsql_initcap({0})",
        "reverse(s)": "gsql_reverse({0})",
        "repeat(s,i)": "gsql_repeat({0}, {1})",
        "substr(s,i)": "gsql_substr({0}, {1}, 9223372036854775807)",
        "substr(s,i,i)": "gsql_substr({0}, {1}, {2})",
        "left(s,i)": "gsql_left({0}, {1})",
        "right(s,i)": "gsql_right({0}, {1})",
        "strpos(s,s)": "CAST(strpos({0}, {1}) AS BIGINT)",
        "instr(s,s)": "CAST(strpos({0}, {1}) AS BIGINT)",
        "starts_with(s,s)": "starts_with({0}, {1})",
        "ends_with(s,s)": "ends_with({0}, {1})",
        "replace(s,s,s)": "gsql_replace({0}, {1}, {2})",
        "split(s)": "gsql_split({0}, ',')",
        "split(s,s)": "gsql_split({0}, {1})",
        "lpad(s,i)": "gsql_pad({0}, {1}, ' ', TRUE)",
        "lpad(s,i,s)": "gsql_pad({0}, {1}, {2}, TRUE)",
        "rpad(s,i)": "gsql_pad({0}, {1}, ' ', FALSE)",
        "rpad(s,i,s)": "gsql_pad({0}, {1}, {2}, FALSE)",
        "trim(s)": "gsql_trim({0})",
        "ltrim(s)": "gsql_ltrim({0})",
        "rtrim(s)": "gsql_rtrim({0})",
        **{
            f"{name}(s,s)": f"(CASE WHEN {{1}} = '' THEN {{0}} ELSE {name}({{0}}, {{1}}) END)"
            for name in ("trim", "ltrim", "rtrim")
        },
        "ascii(s)": "gsql_ascii({0})",
        "unicode(s)": "(CASE WHEN {0} = '' THEN 0 ELSE CAST(unicode({0}) AS BIGINT) END)",
        "chr(i)": "gsql_chr({0})",
        "to_hex(y)": "lower(hex({0}))",
        "from_hex(s)": "unhex(CASE WHEN length({0}) % 2 = 1 THEN '0' || {0} ELSE {0} END)",
        "to_base64(y)": "to_base64({0})",
        "from_base64(s)": "from_base64({0})",
        "md5(s)": "unhex(md5({0}))",
        "md5(y)": "unhex(md5({0}))",
        "sha1(s)": "unhex(sha1({0}))",
        "sha1(y)": "unhex(sha1({0}))",
        "sha256(s)": "unhex(sha256({0}))",
        "sha256(y)": "unhex(sha256({0}))",
        "generate_uuid()": "CAST(uuid() AS VARCHAR)",
        "regexp_contains(s,s)": "regexp_matches({0}, {1})",
        "regexp_extract(s,s)": _extract,
        "regexp_extract_all(s,s)": _extract_all,
        "regexp_replace(s,s,s)": _replace,
        "to_code_points(s)": "gsql_code_points({0})",
        "code_points_to_string(a)": (
            "(CASE WHEN list_count({0}) = len({0})"
            " THEN array_to_string(list_transform({0}, lambda c: gsql_chr(c)), '') END)"
        ),
    }
)
