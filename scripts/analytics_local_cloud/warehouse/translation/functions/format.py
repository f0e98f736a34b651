"""FORMAT: its format is a literal, and what would be written otherwise here is refused."""

import re

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table, bind
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.sql_types import text

_SPEC = re.compile(
    r"%(?P<flags>[-+ 0']*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<type>[a-zA-Z%])|[^%]+"
)
_BY_TYPE = {"d": "i", "i": "i", "s": "s", "f": "f", "x": "i", "X": "i", "e": "f"}


def _format_text(call: Call) -> str:
    """Write a text piece by piece."""
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
        padded = f"{side}({value}, {width}, ' ')"
        short = f"length({value}) < {width}"
        return f"(CASE WHEN {short} THEN {padded} ELSE {value} END)" if width else value
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
FORMAT: Table = {"format(*)": _format_text}
