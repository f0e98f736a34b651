"""FORMAT_DATE and its kin: formats are literals, read here element by element."""

import re
from collections.abc import Callable

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table, bind
from analytics_local_cloud.warehouse.translation.functions.dates.zones import local, zone_of
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.sql_types import text

_SAME = set("AaBbdHIjMmpSUuWwy")  # elements of GoogleSQL that DuckDB writes alike
_LONGER = {
    "h": "%b",
    "D": "%m/%d/%y",
    "F": "%E4Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "c": "%a %b %e %H:%M:%S %E4Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "n": "\n",
    "t": "\t",
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


def elements(format_: str) -> list[tuple[str, str]]:
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
    for element, plain in elements(call.text(0)):
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


FORMATS: Table = {
    "format_date(s,d)": lambda call: _format_local(
        call, f"CAST({call.arguments[1]} AS TIMESTAMP)", _OF_TIME
    ),
    "format_datetime(s,D)": lambda call: _format_local(call, call.arguments[1], set("Zz")),
    "format_time(s,T)": lambda call: _format_local(
        call, f"(DATE '1970-01-01' + {call.arguments[1]})", _OF_DATE
    ),
    "format_timestamp(s,t)": _format_timestamp,
    "format_timestamp(s,t,s)": _format_timestamp,
}
