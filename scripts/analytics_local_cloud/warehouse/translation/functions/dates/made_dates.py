"""DATE, DATETIME, TIME and TIMESTAMP: made, and made of one another."""

from collections.abc import Callable

from analytics_local_cloud.warehouse.translation.function_calls import Call, Table, strict
from analytics_local_cloud.warehouse.translation.functions.dates.date_parts import (
    CAST,
    WEEKS,
    part_entries,
    trunc,
)
from analytics_local_cloud.warehouse.translation.functions.dates.sums import sum_entries
from analytics_local_cloud.warehouse.translation.functions.dates.zones import (
    absolute,
    in_zone,
    local,
    zone_of,
)


def _timestamp(call: Call) -> str:
    return absolute(call.arguments[0], zone_of(call, 1))


def _current(template: str) -> Callable[[Call], str]:
    return lambda call: template.format(local("now()", zone_of(call, 0)))


_NOW = {"DATE": "d", "DATETIME": "D", "TIME": "T"}
MOMENTS: Table = strict(
    {
        **dict(part_entries()),
        **dict(sum_entries()),
        "$add(d,i)": "gsql_date({0} + CAST({1} AS INTEGER))",
        "$add(i,d)": "gsql_date({1} + CAST({0} AS INTEGER))",
        "$subtract(d,i)": "gsql_date({0} + CAST(0 - {1} AS INTEGER))",
        "current_timestamp()": "now()",
        **{
            f"current_{part.lower()}({given})": _current(template)
            for part, template in CAST.items()
            for given in ("", "s")
        },
        **{
            f"{part.lower()}(t{zone})": in_zone(template, 1)
            for part, template in CAST.items()
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
            f"last_day({kind},{part})": f"gsql_date({trunc(part)} + INTERVAL {length} - to_days(1))"
            for kind in "dD"
            for part, length in [
                *(("YEAR", "12 MONTH"), ("QUARTER", "3 MONTH"), ("ISOWEEK", "7 DAY")),
                *((week, "7 DAY") for week in WEEKS),
            ]
        },
    }
)
