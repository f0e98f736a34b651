"""PARSE_DATE and its kin: a literal format becomes a regular expression."""

import re

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table
from analytics_local_cloud.warehouse.translation.functions.dates.date_formats import elements
from analytics_local_cloud.warehouse.translation.functions.dates.zones import absolute, zone_of
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.sql_types import text

_TWO = r"\d{1,2}"
_MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_NAMES = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
_DAYS = "(?:Sun|Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?)(?:day)?"
# element → (name of what it sets, its pattern, digits at most or 0)
_READ = {
    "Y": ("y", r"\d{1,4}", 4),
    "E4Y": ("y", r"\d{1,4}", 4),
    "m": ("m", _TWO, 2),
    "d": ("d", _TWO, 2),
    "e": ("d", _TWO, 2),
    "H": ("h", _TWO, 2),
    "M": ("i", _TWO, 2),
    "S": ("s", _TWO, 2),
    "E*S": ("s", r"\d{1,2}(?:\.\d+)?", 0),
    "b": ("b", f"(?i:{_NAMES})", 0),
    "B": ("b", f"(?i:{_NAMES})", 0),
    "z": ("z", r"[+-]\d\d:?\d\d|Z", 0),
    "Ez": ("z", r"[+-]\d\d:?\d\d|Z", 0),
}


def _pattern(format_: str) -> tuple[str, list[str]]:
    """Return a regular expression for a format, and what its groups set."""
    pattern: list[str] = []
    names: list[str] = []
    found = elements(format_)
    for (element, plain), (after, text_after) in zip(found, [*found[1:], ("", "")], strict=True):
        if plain:
            pattern.append(re.sub(r"\s+", r"\\s*", re.sub(r"[^\w\s]", r"\\\g<0>", plain)))
            continue
        name, inner, digits = _READ.get(element, ("", "", 0))
        if not name or name in names or ({"b", "m"} <= {name, *names}):
            raise NotTranslated(f"Parsing by the format element %{element}")
        adjacent = _READ.get(after, ("", "", 0))[2] or text_after[:1].isdigit()
        pattern.append(f"({rf'[0-9]{{{digits}}}' if digits and adjacent else inner})")
        names.append(name)
    return f"^\\s*{''.join(pattern)}\\s*$", names


def _parse(call: Call, allowed: str) -> tuple[str, list[str]]:
    """Return a DATETIME expression of the row `p` of a parsed text, and what was set."""
    _, names = _pattern(call.text(0))
    if not set(names) <= set(allowed):
        raise NotTranslated(f"{call.words()} with this format")

    def number(name: str, default: int) -> str:
        return f"CAST(p.{name} AS BIGINT)" if name in names else str(default)

    months = ", ".join(f"'{name}'" for name in _MONTHS)
    month = number("m", 1)
    if "b" in names:
        month = f"CAST(list_position([{months}], lower(left(p.b, 3))) AS BIGINT)"
    day = f"gsql_make_date({number('y', 1970)}, {month}, {number('d', 1)})"
    seconds = "split_part(p.s, '.', 1)" if "s" in names else "'0'"
    fraction = "left(split_part(p.s, '.', 2), 6)" if "s" in names else "''"
    hour, minute = (f"p.{name}" if name in names else "'0'" for name in "hi")
    clock = f"gsql_clock({call.arguments[1]}, {hour}, {minute}, {seconds}, {fraction})"
    return f"({day} + to_microseconds({clock}))", names


def _parsed(call: Call, result: str) -> str:
    """Return `result`, an expression of the groups in the row `p`, or an error."""
    pattern, names = _pattern(call.text(0))
    groups = ", ".join(f"'{name}'" for name in names)
    if not names:
        raise NotTranslated(f"{call.words()} with this format")
    words = f"'Failed to parse input string \"' || {call.arguments[1]} || '\"'"
    row = f"regexp_extract({call.arguments[1]}, {text(pattern)}, [{groups}])"
    body = f"CASE WHEN p.{names[0]} = '' THEN gsql_fail({words}) ELSE {result} END"
    return f"list_transform([{row}], lambda p: {body})[1]"


def _parse_date(call: Call) -> str:
    return _parsed(call, f"CAST({_parse(call, 'ymdb')[0]} AS DATE)")


def _parse_datetime(call: Call) -> str:
    return _parsed(call, _parse(call, "ymdbhis")[0])


def _parse_time(call: Call) -> str:
    return _parsed(call, f"CAST({_parse(call, 'his')[0]} AS TIME)")


def _parse_timestamp(call: Call) -> str:
    moment, names = _parse(call, "ymdbhisz")
    if "z" not in names:
        return _parsed(call, absolute(moment, zone_of(call, 2)))
    offset = "(CAST(p.z[1:3] AS BIGINT) * 60 + CAST(p.z[1] || p.z[-2:] AS BIGINT)) * 60000000"
    offset = f"CASE WHEN p.z = 'Z' THEN 0 ELSE {offset} END"
    return _parsed(call, f"gsql_timestamp(epoch_us({moment}) - {offset})")


PARSERS: Table = {
    "parse_date(s,s)": _parse_date,
    "parse_datetime(s,s)": _parse_datetime,
    "parse_time(s,s)": _parse_time,
    "parse_timestamp(s,s)": _parse_timestamp,
    "parse_timestamp(s,s,s)": _parse_timestamp,
}
