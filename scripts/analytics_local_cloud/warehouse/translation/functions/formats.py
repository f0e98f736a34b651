"""FORMAT, and FORMAT_… and PARSE_… of dates: their formats are literals."""

import re
from collections.abc import Callable

from analytics_local_cloud.warehouse.translation.calls import Call, Table, bind
from analytics_local_cloud.warehouse.translation.functions.dates import absolute, local, zone_of
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.types import text

_SAME = set("AaBbdHIjMmpSUuWwy")  # elements of GoogleSQL that DuckDB writes alike
_LONGER = {
    **{"h": "%b", "D": "%m/%d/%y", "F": "%E4Y-%m-%d", "R": "%H:%M", "T": "%H:%M:%S"},
    **{"c": "%a %b %e %H:%M:%S %Y", "x": "%m/%d/%y", "X": "%H:%M:%S", "n": "\n", "t": "\t"},
}
_MADE = {
    "Y": "CAST(year({0}) AS VARCHAR)",
    "E4Y": "lpad(CAST(year({0}) AS VARCHAR), 4, '0')",
    "e": "lpad(CAST(day({0}) AS VARCHAR), 2, ' ')",
    "k": "lpad(CAST(hour({0}) AS VARCHAR), 2, ' ')",
    "l": "lpad(CAST((hour({0}) + 11) % 12 + 1 AS VARCHAR), 2, ' ')",
    "C": "lpad(CAST(year({0}) // 100 AS VARCHAR), 2, '0')",
    "G": "lpad(CAST(isoyear({0}) AS VARCHAR), 4, '0')",
    "g": "lpad(CAST(isoyear({0}) % 100 AS VARCHAR), 2, '0')",
    "V": "lpad(CAST(weekofyear({0}) AS VARCHAR), 2, '0')",
    "Q": "CAST(quarter({0}) AS VARCHAR)",
    "P": "lower(strftime({0}, '%p'))",
    "s": "CAST(gsql_floor(epoch_us({0}), 1000000) AS VARCHAR)",
    "E*S": "(strftime({0}, '%S') || rtrim(rtrim('.' || strftime({0}, '%f'), '0'), '.'))",
    "%": "'%'",
}
_ZONES = {"Z": "'UTC'", "z": "'+0000'", "Ez": "'+00:00'"}
_ELEMENT = re.compile(r"%(E[*\d][SY]|Ez|.)|([^%]+)", re.DOTALL)
_OF_TIME = set("HIMSpRTXklPs")  # elements that only something with a time has
_OF_DATE = set("AaBbCDdeFGghjmQUuVWwxyYc")


def _longer(format_: str) -> str:
    return re.sub(r"%(.)", lambda found: _LONGER.get(found[1], found[0]), format_, flags=re.DOTALL)


def _elements(format_: str) -> list[tuple[str, str]]:
    """Return (element, '') and ('', other text) in turn."""
    found = [(match[1] or "", match[2] or "") for match in _ELEMENT.finditer(_longer(format_))]
    if sum(len(element) + bool(element) + len(plain) for element, plain in found) != len(
        _longer(format_)
    ):
        raise NotTranslated(f"The format {format_}")
    return found


def _format(call: Call, refused: set[str], zone: str) -> Callable[[str], str]:
    """Return what writes a DATETIME in the call's format; raises `NotTranslated`."""
    pieces = []
    for element, plain in _elements(call.text(0)):
        if element[-1:] in refused or (element in _ZONES and zone != "UTC"):
            raise NotTranslated(f"The format element %{element}")
        if plain:
            pieces.append(text(plain).replace("{", "{{").replace("}", "}}"))
        elif element in _SAME:
            pieces.append(f"strftime({{0}}, '%{element}')")
        elif match := re.fullmatch(r"E([0-6])S", element):
            digits = int(match[1])
            fraction = f" || '.' || left(strftime({{0}}, '%f'), {digits})" if digits else ""
            pieces.append(f"(strftime({{0}}, '%S'){fraction})")
        elif element in _MADE or element in _ZONES:
            pieces.append((_MADE | _ZONES)[element])
        else:
            raise NotTranslated(f"The format element %{element}")
    template = f"({' || '.join(pieces)})" if pieces else "''"
    return template.format


def _format_local(call: Call, value: str, refused: set[str], zone: str = "UTC") -> str:
    body = _format(call, refused, zone)
    return bind(
        call.statement, [value], lambda x: f"(CASE WHEN {x} IS NOT NULL THEN {body(x)} END)"
    )


def _format_timestamp(call: Call) -> str:
    zone = zone_of(call, 2)
    return _format_local(call, local(call.arguments[1], zone), set(), zone)


_TWO = r"\d{1,2}"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
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
    "E*S": ("s", r"\d{1,2}(?:\.\d{1,6})?", 0),
    "b": ("b", f"(?i:{_NAMES})", 0),
    "B": ("b", f"(?i:{_NAMES})", 0),
    "z": ("z", r"[+-]\d\d:?\d\d|Z", 0),
    "Ez": ("z", r"[+-]\d\d:?\d\d|Z", 0),
}


def _pattern(format_: str) -> tuple[str, list[str]]:
    """Return a regular expression for a format, and what its groups set."""
    pattern, names = [], []
    elements = _elements(format_)
    for (element, plain), (after, text_after) in zip(
        elements, [*elements[1:], ("", "")], strict=True
    ):
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
    fraction = "split_part(p.s, '.', 2)" if "s" in names else "''"
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


_SPEC = re.compile(
    r"%(?P<flags>[-+ 0']*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<type>[a-zA-Z%])|[^%]+"
)
_BY_TYPE = {"d": "i", "i": "i", "s": "s", "f": "f", "x": "i", "X": "i", "e": "f"}


def _format_text(call: Call) -> str:
    """FORMAT: piece by piece; what would be written otherwise here is refused."""
    format_ = call.text(0)
    if "".join(match[0] for match in _SPEC.finditer(format_)) != format_:
        raise NotTranslated(f"The format {format_}")

    def body(*given: str) -> str:
        values, letters, pieces = iter(given[1:]), iter(call.letters()[1:]), []
        for match in _SPEC.finditer(format_):
            if match[0][0] != "%" or match[0] == "%%":
                pieces.append(text(match[0].replace("%%", "%")))
            else:
                pieces.append(_piece(match, next(values, ""), next(letters, "")))
        return f"({' || '.join(pieces)})" if pieces else "''"

    return bind(call.statement, call.arguments, body)


def _piece(match: re.Match[str], value: str, letter: str) -> str:
    flags, width, kind = match["flags"], match["width"], match["type"]
    plain = match[0] == f"%{kind}"
    if kind == "t" and plain and letter in _AS_TEXT:
        return f"coalesce({_AS_TEXT[letter].format(value)}, 'NULL')"
    if _BY_TYPE.get(kind) != letter or (kind in "xX" and not plain):
        raise NotTranslated(f"The format {match[0]}")
    if "'" in flags:
        if match[0] != "%'d":
            raise NotTranslated(f"The format {match[0]}")
        return f"format('{{:,}}', {value})"
    if kind == "s":
        if match["precision"] or set(flags) - {"-"}:
            raise NotTranslated(f"The format {match[0]}")
        side = "rpad" if "-" in flags else "lpad"
        padded = f"(CASE WHEN length({value}) < {width} THEN {side}({value}, {width}, ' ') ELSE {value} END)"
        return padded if width else value
    if kind in "xX":
        return f"gsql_hex({value}, {kind == 'X'})"
    printed = f"printf({text(match[0].replace('i', 'd'))}, {value})"
    if letter == "i":
        return printed
    printed = printed.replace(f", {value})", f", {value} + 0.0)")  # no negative zero
    wide = "gsql_refuse('FORMAT of NaN and of big numbers')"
    return (
        f"(CASE WHEN abs({value}) < 1e15 THEN {printed} WHEN {value} IS NOT NULL THEN {wide} END)"
    )


_AS_TEXT = {
    "s": "{0}",
    "i": "CAST({0} AS VARCHAR)",
    "b": "CAST({0} AS VARCHAR)",
    "d": "strftime({0}, '%Y-%m-%d')",
    "D": "gsql_datetime_text({0})",
    "T": "gsql_time_text({0})",
    "t": "(gsql_datetime_text(make_timestamp(epoch_us({0}))) || '+00')",
}
FORMATS: Table = {
    "format(*)": _format_text,
    "format_date(s,d)": lambda call: _format_local(
        call, f"CAST({call.arguments[1]} AS TIMESTAMP)", _OF_TIME
    ),
    "format_datetime(s,D)": lambda call: _format_local(call, call.arguments[1], set("Zz")),
    "format_time(s,T)": lambda call: _format_local(
        call, f"(DATE '1970-01-01' + {call.arguments[1]})", _OF_DATE
    ),
    "format_timestamp(s,t)": _format_timestamp,
    "format_timestamp(s,t,s)": _format_timestamp,
    "parse_date(s,s)": _parse_date,
    "parse_datetime(s,s)": _parse_datetime,
    "parse_time(s,s)": _parse_time,
    "parse_timestamp(s,s)": _parse_timestamp,
    "parse_timestamp(s,s,s)": _parse_timestamp,
}
