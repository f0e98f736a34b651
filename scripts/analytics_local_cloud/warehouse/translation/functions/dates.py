"""DATE, DATETIME, TIME and TIMESTAMP.

A TIMESTAMP is looked at as the DATETIME of a zone, UTC unless another is given; zones are
literals, for DuckDB and GoogleSQL do not spell all of them alike.
"""

import re
from collections.abc import Callable, Iterator
from zoneinfo import available_timezones

from analytics_local_cloud.warehouse.translation.calls import (
    Call,
    Table,
    bind,
    strict,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated

_WEEKDAYS = ("", "_MONDAY", "_TUESDAY", "_WEDNESDAY", "_THURSDAY", "_FRIDAY", "_SATURDAY")
_WEEKS = {f"WEEK{day}": number for number, day in enumerate(_WEEKDAYS)}
_UNITS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_LONG = ("DAY", "MONTH", "QUARTER", "YEAR", "ISOYEAR", "ISOWEEK", *_WEEKS)
_OFFSET = re.compile(r"[+-]\d{1,2}(:\d\d)?")
# part → of a DATETIME or DATE
_OF_DATE = {
    **{part: f"{part.lower()}({{0}})" for part in ("YEAR", "QUARTER", "MONTH", "DAY")},
    "DAYOFYEAR": "dayofyear({0})",
    "DAYOFWEEK": "(dayofweek({0}) + 1)",
    "ISOYEAR": "isoyear({0})",
    "ISOWEEK": "weekofyear({0})",
    **{
        week: f"((dayofyear({{0}}) + 6 - (dayofweek({{0}}) + 7 - {number}) % 7) // 7)"
        for week, number in _WEEKS.items()
    },
}
_OF_TIME = {
    "HOUR": "hour({0})",
    "MINUTE": "minute({0})",
    "SECOND": "(microsecond({0}) // 1000000)",
    "MILLISECOND": "(microsecond({0}) // 1000 % 1000)",
    "MICROSECOND": "(microsecond({0}) % 1000000)",
}
_CAST = {"DATE": "CAST({0} AS DATE)", "TIME": "CAST({0} AS TIME)", "DATETIME": "{0}"}


def zone_of(call: Call, position: int) -> str:
    """Return the time zone that is argument `position`, UTC where there are fewer.

    Raises `NotTranslated` for one that is no literal, or no name of the IANA's.
    """
    if position >= len(call.nodes):
        return "UTC"
    zone = call.text(position)
    if zone not in available_timezones():
        raise NotTranslated(f"The time zone {zone}")
    return zone


def local(value: str, zone: str) -> str:
    """Return a TIMESTAMP as the DATETIME of a zone."""
    return f"make_timestamp(epoch_us({value}))" if zone == "UTC" else f"timezone('{zone}', {value})"


def absolute(value: str, zone: str) -> str:
    """Return a DATETIME (or DATE) of a zone as a TIMESTAMP."""
    if zone == "UTC":
        return f"make_timestamptz(epoch_us({value}))"
    return f"gsql_absolute(CAST({value} AS TIMESTAMP), '{zone}')"


def _trunc(part: str) -> str:
    """Return a template: the first moment of the part that a DATE or DATETIME lies in."""
    if part in _WEEKS:
        ago = f"(dayofweek({{0}}) + 7 - {_WEEKS[part]}) % 7"
        return f"(date_trunc('day', {{0}}) - to_days(CAST({ago} AS INTEGER)))"
    if part == "ISOYEAR":
        # the Monday of the week with the 4th of January of the ISO year
        return "date_trunc('week', make_date(CAST(isoyear({0}) AS BIGINT), 1, 4))"
    return f"date_trunc('{'week' if part == 'ISOWEEK' else part.lower()}', {{0}})"


def _diff(part: str) -> str:
    """Return a template: how many starts of parts lie between two DATEs or DATETIMEs."""
    if part in {"ISOYEAR"}:
        return "(isoyear({0}) - isoyear({1}))"
    if part in _WEEKS or part == "ISOWEEK":
        first, second = _trunc(part), _trunc(part).replace("{0}", "{1}")
        return f"(date_diff('day', CAST({second} AS DATE), CAST({first} AS DATE)) // 7)"
    return f"date_diff('{part.lower()}', {{1}}, {{0}})"


def _in_zone(template: str, position: int, *, back: bool = False) -> Callable[[Call], str]:
    """Return a rule: the template of a TIMESTAMP as the DATETIME of the zone at `position`."""

    def rule(call: Call) -> str:
        zone = zone_of(call, position)

        def body(value: str) -> str:
            result = template.format(value)
            return absolute(result, zone) if back else result

        return bind(call.statement, [local(call.arguments[0], zone)], body)

    return rule


def _entries() -> Iterator[tuple[str, object]]:
    for part, template in (_OF_DATE | _OF_TIME).items():
        kinds = ("d" if part in _OF_DATE else "T") + "D"
        for kind in kinds:
            yield f"$extract({kind},{part})", f"CAST({template} AS BIGINT)"
        rule = _in_zone(f"CAST({template} AS BIGINT)", 2)
        yield from ((f"$extract(t,{part})", rule), (f"$extract(t,{part},s)", rule))
    for part, template in _CAST.items():
        name = f"$extract_{part.lower()}"
        yield f"{name}(D)", template
        yield from ((f"{name}(t)", _in_zone(template, 1)), (f"{name}(t,s)", _in_zone(template, 1)))
    yield from _truncated()
    yield from _differences()
    yield from _sums()


def _truncated() -> Iterator[tuple[str, object]]:
    for part in (*_LONG, *_UNITS):
        if part in _LONG:
            yield f"date_trunc(d,{part})", f"gsql_date({_trunc(part)})"
        if part != "DAY" and part in _UNITS:
            yield f"time_trunc(T,{part})", f"gsql_time_trunc({{0}}, {_UNITS[part]})"
        for name in ("datetime_trunc", "date_trunc"):
            yield f"{name}(D,{part})", f"gsql_datetime({_trunc(part)})"
        for name in ("timestamp_trunc", "date_trunc"):
            if part in _UNITS and part not in {"DAY", "HOUR"}:  # of the moment, in any zone
                yield f"{name}(t,{part})", f"gsql_timestamp_trunc({{0}}, {_UNITS[part]})"
                continue
            rule = _in_zone(f"gsql_datetime({_trunc(part)})", 2, back=True)
            yield from ((f"{name}(t,{part})", rule), (f"{name}(t,{part},s)", rule))


def _differences() -> Iterator[tuple[str, object]]:
    for part in (*_LONG, *_UNITS):
        if part in _LONG:
            yield f"date_diff(d,d,{part})", f"CAST({_diff(part)} AS BIGINT)"
        for name in ("datetime_diff", "date_diff"):
            yield f"{name}(D,D,{part})", f"CAST({_diff(part)} AS BIGINT)"
    for part, unit in _UNITS.items():
        for name in ("timestamp_diff", "date_diff"):
            yield f"{name}(t,t,{part})", f"((epoch_us({{0}}) - epoch_us({{1}})) // {unit})"
        if part != "DAY":
            yield f"time_diff(T,T,{part})", f"((epoch_us({{0}}) - epoch_us({{1}})) // {unit})"


def _sums() -> Iterator[tuple[str, object]]:
    for word, sign in (("add", ""), ("sub", "-")):
        for name in (f"date_{word}", f"datetime_{word}"):
            for part, months in _MONTHS.items():
                amount = f"CAST({sign}{{1}} * {months} AS INTEGER)"
                yield f"{name}(d,i,{part})", f"gsql_date({{0}} + to_months({amount}))"
                yield f"{name}(D,i,{part})", f"gsql_datetime({{0}} + to_months({amount}))"
            for part, unit in (_UNITS | {"WEEK": 7 * _UNITS["DAY"]}).items():
                yield f"{name}(D,i,{part})", f"gsql_datetime_add({{0}}, {sign}{{1}}, {unit})"
        yield f"date_{word}(d,i,DAY)", f"gsql_date({{0}} + CAST({sign}{{1}} AS INTEGER))"
        yield f"date_{word}(d,i,WEEK)", f"gsql_date({{0}} + CAST({sign}{{1}} * 7 AS INTEGER))"
        for part, unit in _UNITS.items():
            for name in (f"timestamp_{word}", f"date_{word}"):
                yield f"{name}(t,i,{part})", f"gsql_timestamp_add({{0}}, {sign}{{1}}, {unit})"
            if part != "DAY":
                yield f"time_{word}(T,i,{part})", f"gsql_time_add({{0}}, {sign}{{1}}, {unit})"


def _plus(word: str) -> Callable[[Call], str]:
    """Return the rule of `+` and `-` with an INTERVAL, which must be a single part."""

    def rule(call: Call) -> str:
        kind, node = unwrap(call.nodes[1])
        name = node.parent.function.name if kind == "resolved_function_call_node" else ""
        if name != "ZetaSQL:$interval":
            raise NotTranslated("INTERVAL of several parts")
        number, part = node.parent.argument_list
        moment = call.arguments[0]
        if call.letters()[0] == "d":
            moment = f"CAST({moment} AS TIMESTAMP)"
        function = f"{'timestamp' if call.letters()[0] == 't' else 'datetime'}_{word}"
        nodes = (call.nodes[0], number, part)
        key = Call(call.statement, function, (), nodes, call.type).key().replace("(d,", "(D,")
        template = DATES.get(key)
        if not isinstance(template, str):
            raise NotTranslated("INTERVAL of this part")
        amount = call.statement.expression(number)
        return bind(call.statement, (moment, amount), template.format)

    return rule


def _timestamp(call: Call) -> str:
    return absolute(call.arguments[0], zone_of(call, 1))


def _current(template: str) -> Callable[[Call], str]:
    return lambda call: template.format(local("now()", zone_of(call, 0)))


_NOW = {"DATE": "d", "DATETIME": "D", "TIME": "T"}
DATES: Table = strict(
    {
        **dict(_entries()),  # type: ignore[arg-type]
        "$add(d,i)": "gsql_date({0} + CAST({1} AS INTEGER))",
        "$add(i,d)": "gsql_date({1} + CAST({0} AS INTEGER))",
        "$subtract(d,i)": "gsql_date({0} + CAST(-{1} AS INTEGER))",
        **{f"$add({kind},v)": _plus("add") for kind in "dDt"},
        **{f"$subtract({kind},v)": _plus("sub") for kind in "dDt"},
        "current_timestamp()": "now()",
        **{
            f"current_{part.lower()}({given})": _current(template)
            for part, template in _CAST.items()
            for given in ("", "s")
        },
        **{
            f"{part.lower()}(t{zone})": _in_zone(template, 1)
            for part, template in _CAST.items()
            for zone in ("", ",s")
        },
        "date(D)": "CAST({0} AS DATE)",
        "date(d)": "{0}",
        "date(i,i,i)": "gsql_make_date({0}, {1}, {2})",
        "datetime(d)": "CAST({0} AS TIMESTAMP)",
        "datetime(D)": "{0}",
        "datetime(d,T)": "({0} + {1})",
        "datetime(i,i,i,i,i,i)": "(gsql_make_date({0}, {1}, {2}) + gsql_make_time({3}, {4}, {5}))",
        "time(D)": "CAST({0} AS TIME)",
        "time(i,i,i)": "gsql_make_time({0}, {1}, {2})",
        **{f"timestamp({kind}{zone})": _timestamp for kind in "dD" for zone in ("", ",s")},
        "timestamp(t)": "{0}",
        "timestamp(s)": "gsql_text_to_timestamp({0})",
        "string(t)": "(gsql_datetime_text(make_timestamp(epoch_us({0}))) || '+00')",
        "string(d)": "strftime({0}, '%Y-%m-%d')",
        "string(D)": "gsql_datetime_text({0})",
        "string(T)": "gsql_time_text({0})",
        "unix_micros(t)": "epoch_us({0})",
        "unix_millis(t)": "gsql_floor(epoch_us({0}), 1000)",
        "unix_seconds(t)": "gsql_floor(epoch_us({0}), 1000000)",
        "unix_date(d)": "CAST({0} - DATE '1970-01-01' AS BIGINT)",
        "date_from_unix_date(i)": "gsql_date(DATE '1970-01-01' + CAST({0} AS INTEGER))",
        "timestamp_micros(i)": "gsql_timestamp({0})",
        "timestamp_millis(i)": "gsql_timestamp({0} * 1000)",
        "timestamp_seconds(i)": "gsql_timestamp({0} * 1000000)",
        "last_day(d)": "last_day({0})",
        "last_day(d,MONTH)": "last_day({0})",
        "last_day(D)": "last_day({0})",
        "last_day(D,MONTH)": "last_day({0})",
        **{
            f"last_day({kind},{part})": f"gsql_date({_trunc(part)} + INTERVAL {length} - INTERVAL 1 DAY)"
            for kind in "dD"
            for part, length in [
                *(("YEAR", "12 MONTH"), ("QUARTER", "3 MONTH"), ("ISOWEEK", "7 DAY")),
                *((week, "7 DAY") for week in _WEEKS),
            ]
        },
    }
)
