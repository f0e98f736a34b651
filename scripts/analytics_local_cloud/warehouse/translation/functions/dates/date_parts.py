"""Parts of dates and times: EXTRACT, …_TRUNC, …_DIFF."""

from collections.abc import Iterator

from analytics_local_cloud.warehouse.translation.function_calls import Template
from analytics_local_cloud.warehouse.translation.functions.dates.zones import in_zone

_WEEKDAYS = ("", "_MONDAY", "_TUESDAY", "_WEDNESDAY", "_THURSDAY", "_FRIDAY", "_SATURDAY")
WEEKS = {f"WEEK{day}": number for number, day in enumerate(_WEEKDAYS)}
UNITS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
LONG = ("DAY", "MONTH", "QUARTER", "YEAR", "ISOYEAR", "ISOWEEK", *WEEKS)
# part → of a DATETIME or DATE
_OF_DATE = {
    **{part: f"{part.lower()}({{0}})" for part in ("YEAR", "QUARTER", "MONTH", "DAY")},
    "DAYOFYEAR": "dayofyear({0})",
    "DAYOFWEEK": "(dayofweek({0}) + 1)",
    "ISOYEAR": "isoyear({0})",
    "ISOWEEK": "weekofyear({0})",
    **{
        week: f"((dayofyear({{0}}) + 6 - (dayofweek({{0}}) + 7 - {number}) % 7) // 7)"
        for week, number in WEEKS.items()
    },
}
_OF_TIME = {
    "HOUR": "hour({0})",
    "MINUTE": "minute({0})",
    "SECOND": "(microsecond({0}) // 1000000)",
    "MILLISECOND": "(microsecond({0}) // 1000 % 1000)",
    "MICROSECOND": "(microsecond({0}) % 1000000)",
}
CAST = {"DATE": "CAST({0} AS DATE)", "TIME": "CAST({0} AS TIME)", "DATETIME": "{0}"}


def trunc(part: str) -> str:
    """Return a template: the first moment of the part that a DATE or DATETIME lies in."""
    if part in WEEKS:
        ago = f"(dayofweek({{0}}) + 7 - {WEEKS[part]}) % 7"
        return f"(date_trunc('day', {{0}}) - to_days(CAST({ago} AS INTEGER)))"
    if part == "ISOYEAR":
        # the Monday of the week with the 4th of January of the ISO year
        return "date_trunc('week', make_date(CAST(isoyear({0}) AS BIGINT), 1, 4))"
    return f"date_trunc('{'week' if part == 'ISOWEEK' else part.lower()}', {{0}})"


def _diff(part: str) -> str:
    """Return a template: how many starts of parts lie between two DATEs or DATETIMEs."""
    if part == "ISOYEAR":
        return "(isoyear({0}) - isoyear({1}))"
    if part in WEEKS or part == "ISOWEEK":
        first, second = trunc(part), trunc(part).replace("{0}", "{1}")
        return f"(date_diff('day', CAST({second} AS DATE), CAST({first} AS DATE)) // 7)"
    return f"date_diff('{part.lower()}', {{1}}, {{0}})"


def part_entries() -> Iterator[tuple[str, Template]]:
    """Yield what the tables say of EXTRACT, of …_TRUNC and of …_DIFF."""
    for part, template in (_OF_DATE | _OF_TIME).items():
        kinds = ("d" if part in _OF_DATE else "T") + "D"
        for kind in kinds:
            yield f"$extract({kind},{part})", f"CAST({template} AS BIGINT)"
        rule = in_zone(f"CAST({template} AS BIGINT)", 2)
        yield from ((f"$extract(t,{part})", rule), (f"$extract(t,{part},s)", rule))
    for part, template in CAST.items():
        name = f"$extract_{part.lower()}"
        yield f"{name}(D)", template
        yield from ((f"{name}(t)", in_zone(template, 1)), (f"{name}(t,s)", in_zone(template, 1)))
    yield from _truncated()
    yield from _differences()


def _truncated() -> Iterator[tuple[str, Template]]:
    for part in (*LONG, *UNITS):
        if part in LONG:
            yield f"date_trunc(d,{part})", f"gsql_date({trunc(part)})"
        if part != "DAY" and part in UNITS:
            yield f"time_trunc(T,{part})", f"gsql_time_trunc({{0}}, {UNITS[part]})"
        for name in ("datetime_trunc", "date_trunc"):
            yield f"{name}(D,{part})", f"gsql_datetime({trunc(part)})"
        for name in ("timestamp_trunc", "date_trunc"):
            if part in UNITS and part not in {"DAY", "HOUR"}:  # of the moment, in any zone
                yield f"{name}(t,{part})", f"gsql_timestamp_trunc({{0}}, {UNITS[part]})"
                continue
            rule = in_zone(f"gsql_datetime({trunc(part)})", 2, back=True)
            yield from ((f"{name}(t,{part})", rule), (f"{name}(t,{part},s)", rule))


def _differences() -> Iterator[tuple[str, Template]]:
    for part in (*LONG, *UNITS):
        if part in LONG:
            yield f"date_diff(d,d,{part})", f"CAST({_diff(part)} AS BIGINT)"
        for name in ("datetime_diff", "date_diff"):
            yield f"{name}(D,D,{part})", f"CAST({_diff(part)} AS BIGINT)"
    for part, unit in UNITS.items():
        for name in ("timestamp_diff", "date_diff"):
            yield f"{name}(t,t,{part})", f"((epoch_us({{0}}) - epoch_us({{1}})) // {unit})"
        if part != "DAY":
            yield f"time_diff(T,T,{part})", f"((epoch_us({{0}}) - epoch_us({{1}})) // {unit})"
