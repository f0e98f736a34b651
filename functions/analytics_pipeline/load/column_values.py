"""Pure: one JSON value becomes the value of one BigQuery column, None where it does not fit.

Texts are single values of valid JSON, exactly as the client wrote them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Raw

_INT64 = range(-(2**63), 2**63)
_MAX_INTEGER_LENGTH = 20  # characters of the longest int64
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MAX_ID_LENGTH = 1024
_MAX_MOMENT_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Below the magnitude a number counts units of so many nanoseconds.
_SCALES = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3), (10**20, 1))
# Digits of whole numbers that may as well be YYYYMMDD, or that with hhmmss and a fraction: as
# seconds the first are in the 1970s, and in the unit of their scale the others are after 2286.
_LENGTHS_OF_DATES = {8, 14, 17, 20}
# ISO 8601 as far as it names a day by its month, and what RFC 3339 and BigQuery write.
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>[01]\d|2[0-4])"
    r"(?:(?P<colon>:?)(?P<minute>[0-5]\d)"
    r"(?:(?P=colon)(?P<second>[0-5]\d|60)(?:[.,](?P<fraction>\d+))?)?)?"
    r" ?(?:[Zz]|UTC|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3])(?::?(?P<minutes>[0-5]\d))?)?)?",
    re.ASCII,
)
_CLOCK = ("hour", "minute", "second", "hours", "minutes")
_END_OF_DAY = (24, 0, 0, 0)
_LEAP_SECOND = 60
_MIDNIGHT = (0, 0, 0)
_STRING = msgspec.json.Decoder(str)


def read_string(text: bytes | Raw) -> str | None:
    """Return a string's characters, or the text of a number or boolean, for a STRING column."""
    try:
        return _STRING.decode(text)
    except msgspec.DecodeError:  # a lone surrogate, or no string
        token = bytes(text)
        return None if token == b"null" or token[0] in b'{["' else token.decode()


def read_id(text: bytes | Raw) -> str | None:
    """Return the characters of a string of 1 to 1024 of them."""
    try:
        characters = _STRING.decode(text)
    except msgspec.DecodeError:
        return None
    return characters if 0 < len(characters) <= _MAX_ID_LENGTH else None


def read_integer(text: bytes | Raw) -> str | None:
    """Return an integer within int64, or a string of one, for an INTEGER column.

    It stays decimal text: JSON clients lose digits beyond 2**53 (BigQuery REST reference, "Type
    encoding").
    """
    token = _read_token(text)
    if token is None or len(token) > _MAX_INTEGER_LENGTH:
        return None
    try:
        value = int(token)
    except ValueError:
        return None
    digits = str(value)
    return digits if token in (digits, "-0") and value in _INT64 else None


def read_moment(text: bytes | Raw) -> datetime | None:
    """Return the instant in UTC that a number or string tells; digits beyond microseconds are cut.

    A number, or a string of one, is seconds since the epoch below 10**11, milliseconds below
    10**14, microseconds below 10**17, nanoseconds below 10**20. Nobody can tell what whole ones of
    8, 14, 17 and 20 digits are: nothing. Other strings are read as by `parse_moment`.
    """
    token = _read_token(text)
    if token is None or len(token) > _MAX_MOMENT_LENGTH:
        return None
    try:
        return _from_number(token) if _NUMBER.fullmatch(token) else parse_moment(token)
    except OverflowError:  # a number before the year 1
        return None


def parse_moment(text: str) -> datetime | None:
    """Return the instant in UTC that ISO 8601 tells; digits beyond microseconds are cut.

    Without a zone it is UTC. 24:00:00 is the next day's 00:00:00, and a leap second (23:59:60 UTC)
    the next second. None stands for other text, and for what is not in the years 1 to 9999.
    """
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict("0")
    hour, minute, second, hours, minutes = (int(part[name]) for name in _CLOCK)
    microsecond = int(part["fraction"][:6].ljust(6, "0"))
    if (hour, minute, second, microsecond) > _END_OF_DAY:
        return None
    clock = timedelta(0, second, microsecond, 0, minute, hour)
    east = timedelta(hours=hours, minutes=minutes)
    try:
        day = datetime(int(part["year"]), int(part["month"]), int(part["day"]), tzinfo=UTC)
        moment = day + (clock + east if part["sign"] == "-" else clock - east)
    except (ValueError, OverflowError):
        return None
    is_leap = second == _LEAP_SECOND
    return None if is_leap and moment.timetuple()[3:6] != _MIDNIGHT else moment


def read_timestamp(text: bytes | Raw) -> str | None:
    """Return what `read_moment` reads, for a TIMESTAMP column."""
    moment = read_moment(text)
    return None if moment is None else format_timestamp(moment)


def format_timestamp(moment: datetime) -> str:
    """Return an instant in UTC as RFC 3339 text with microseconds."""
    text = msgspec.json.encode(moment)[1:-1].decode()  # a tenth of the cost of `isoformat`
    return text if moment.microsecond else text.removesuffix("Z") + ".000000Z"


READERS: Mapping[str, Callable[[bytes | Raw], str | None]] = {
    "STRING": read_string,
    "INTEGER": read_integer,
    "TIMESTAMP": read_timestamp,
}


def _from_number(token: str) -> datetime | None:
    number, divisor = Decimal(token).as_integer_ratio()
    if number > 0 and divisor == 1 and len(str(number)) in _LENGTHS_OF_DATES:
        return None
    for limit, nanoseconds in _SCALES:
        if abs(number) < limit * divisor:
            distance = timedelta(microseconds=abs(number) * nanoseconds // (1000 * divisor))
            return _EPOCH + distance if number > 0 else _EPOCH - distance
    return None


def _read_token(text: bytes | Raw) -> str | None:
    """Return a string's characters, or the text of any other value.

    None stands for a string with a lone surrogate, which is not UTF-8.
    """
    token = bytes(text)
    if not token.startswith(b'"'):
        return token.decode()
    try:
        return _STRING.decode(token)
    except msgspec.DecodeError:
        return None
