"""Dates and times as GoogleSQL's literals spell them ("Data types" reference, canonical formats).

Cells are text that DuckDB casts, and for TIMESTAMP the microseconds since the epoch. All raise
`ValueError` or `OverflowError` for what is no moment of the years 1 to 9999.
"""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

_CIVIL_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_CIVIL_TIME = r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?"
_OFFSET = r"([+-](?:\d{1,2}(?::\d{1,2})?|\d{4}))"
_ZONE_NAME = r"([A-Za-z][\w+-]*(?:/[\w+-]+)*)"
_DATE = re.compile(_CIVIL_DATE, re.ASCII)
_TIME = re.compile(_CIVIL_TIME, re.ASCII)
_DATETIME = re.compile(rf"{_CIVIL_DATE}(?:[Tt ]{_CIVIL_TIME})?", re.ASCII)
# Some clients send nanoseconds, which are cut off. A date alone takes an offset after a space.
_TIMESTAMP = re.compile(
    rf"{_CIVIL_DATE}(?:[Tt ]{_CIVIL_TIME}(?:(?<=\.\d{{6}})\d{{1,3}})?"
    rf"(?:[Zz]|(?: UTC)?{_OFFSET}| {_ZONE_NAME})?| {_OFFSET})?",
    re.ASCII,
)
_EPOCH_SECONDS = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST_OFFSET = timedelta(hours=14)


def date_cell(text: str) -> str:
    """Return the cell of a DATE."""
    year, month, day = _parts(_DATE, text)
    return date(int(year), int(month), int(day)).isoformat()


def time_cell(text: str) -> str:
    """Return the cell of a TIME; a leap second is the one after it."""
    return (_EPOCH + _since_midnight(*_parts(_TIME, text))).strftime("%H:%M:%S.%f")


def datetime_cell(text: str) -> str:
    """Return the cell of a DATETIME."""
    year, month, day, *clock = _parts(_DATETIME, text)
    moment = datetime(int(year), int(month), int(day), tzinfo=UTC) + _since_midnight(*clock)
    return moment.replace(tzinfo=None).isoformat()


def timestamp_cell(text: str) -> int:
    """Return the cell of a TIMESTAMP, spelled as a moment or as seconds since the epoch."""
    if _EPOCH_SECONDS.fullmatch(text):
        return _in_range(timedelta(microseconds=math.floor(Decimal(text) * 1_000_000)))
    year, month, day, *clock, after_time, zone, after_date = _parts(_TIMESTAMP, text)
    moment = datetime(int(year), int(month), int(day), tzinfo=_zone(zone) if zone else UTC)
    moment += _since_midnight(*clock)
    if offset := after_time or after_date:
        moment -= _offset(offset)
    return (moment - _EPOCH) // _MICROSECOND


def epoch_cell(seconds: float) -> int:
    """Return the cell of a TIMESTAMP so many seconds after the epoch."""
    return _in_range(timedelta(seconds=seconds))


def _parts(pattern: re.Pattern[str], text: str) -> Iterable[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match.groups("")


def _since_midnight(hours: str, minutes: str, seconds: str, fraction: str) -> timedelta:
    if not hours:
        return timedelta()
    hour, minute, second = int(hours), int(minutes), int(seconds)
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 - with the leap second
        raise ValueError(f"{hours}:{minutes}:{seconds}")
    microseconds = int(fraction.ljust(6, "0"))
    return timedelta(0, second + 60 * minute + 3600 * hour, microseconds)


def _offset(text: str) -> timedelta:
    """Return the distance from UTC of `+H`, `+HH`, `+HHMM` or `+H:M`."""
    hours, colon, minutes = text[1:].partition(":")
    if not colon:
        hours, minutes = text[1:3], text[3:] or "0"
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or offset > _LARGEST_OFFSET:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(text)
    return -offset if text[0] == "-" else offset


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        if name.startswith(("posix/", "right/")):  # folders of some machines, not zones
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, OSError) as exc:
        raise ValueError(name) from exc


def _in_range(since_epoch: timedelta) -> int:
    """Return microseconds; raises `OverflowError` outside of the years 1 to 9999."""
    return (_EPOCH + since_epoch - _EPOCH) // _MICROSECOND
