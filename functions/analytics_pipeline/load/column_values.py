"""Pure: one JSON value becomes the value of one BigQuery column, None where it does not fit.

Texts are single values of valid JSON, exactly as the client wrote them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

_INT64 = range(-(2**63), 2**63)
_MAX_INTEGER_LENGTH = 20  # characters of the longest int64
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MAX_MOMENT_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Below the magnitude a number counts units of so many microseconds.
_SCALES = ((10**11, 1_000_000), (10**14, 1000), (10**17, 1))
_STRING = msgspec.json.Decoder(str)


def read_string(text: bytes) -> str | None:
    """Return a string's characters, or the text of a number or boolean, for a STRING column."""
    token = _read_token(text)
    return None if text == b"null" or text[0] in b"{[" else token


def read_integer(text: bytes) -> str | None:
    """Return an integer within int64, or a string of one, for an INTEGER column.

    It stays decimal text: JSON clients lose digits beyond 2**53 (BigQuery REST reference, "Type
    encoding").
    """
    token = _read_token(text)
    if token is None or len(token) > _MAX_INTEGER_LENGTH or not _INTEGER.fullmatch(token):
        return None
    value = int(token)
    return str(value) if value in _INT64 else None


def read_moment(text: bytes) -> datetime | None:
    """Return the instant in UTC, rounded to microseconds, that a number or string tells.

    A number, or a string of one, is seconds since the epoch below 10**11, milliseconds below
    10**14, microseconds below 10**17. Other strings are ISO 8601, UTC unless they name a zone.
    """
    token = _read_token(text)
    if token is None or len(token) > _MAX_MOMENT_LENGTH:
        return None
    try:
        if _NUMBER.fullmatch(token):
            return _from_number(token)
        moment = datetime.fromisoformat(token)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or not within the years 1 to 9999
        return None


def read_date(text: str) -> str | None:
    """Return the ISO 8601 date `text` as YYYY-MM-DD, for a DATE column."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def read_timestamp(text: bytes) -> str | None:
    """Return what `read_moment` reads, for a TIMESTAMP column."""
    moment = read_moment(text)
    return None if moment is None else format_timestamp(moment)


@lru_cache(maxsize=64)
def format_timestamp(moment: datetime) -> str:
    """Return an instant in UTC as RFC 3339 text with microseconds."""
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


READERS: Mapping[str, Callable[[bytes], str | None]] = {
    "STRING": read_string,
    "INTEGER": read_integer,
    "TIMESTAMP": read_timestamp,
}


@lru_cache(maxsize=64)  # the events of a batch share the time they were received
def _from_number(token: str) -> datetime | None:
    number = Decimal(token) if not token.isdecimal() else int(token)
    for limit, microseconds in _SCALES:
        if -limit < number < limit:
            return _EPOCH + timedelta(microseconds=round(number * microseconds))
    return None


def _read_token(text: bytes) -> str | None:
    """Return a string's characters, or the text of any other value.

    None stands for a string with a lone surrogate, which is not UTF-8.
    """
    if not text.startswith(b'"'):
        return text.decode()
    try:
        return _STRING.decode(text)
    except msgspec.DecodeError:
        return None
