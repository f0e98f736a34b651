"""Pure: one JSON value becomes the value of one BigQuery column, None where it does not fit.

Texts are single values of valid JSON, exactly as the client wrote them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from msgspec import Raw

from analytics_pipeline.time_texts import format_moment, parse_moment

_INT64 = range(-(2**63), 2**63)
_MAX_INTEGER_LENGTH = 20  # characters of the longest int64
_MAX_ID_LENGTH = 1024
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
    """Return the instant in UTC that a number or string tells, as `parse_moment` reads it."""
    token = _read_token(text)
    return None if token is None else parse_moment(token)


def read_timestamp(text: bytes | Raw) -> str | None:
    """Return what `read_moment` reads, for a TIMESTAMP column."""
    moment = read_moment(text)
    return None if moment is None else format_moment(moment)


READERS: Mapping[str, Callable[[bytes | Raw], str | None]] = {
    "STRING": read_string,
    "INTEGER": read_integer,
    "TIMESTAMP": read_timestamp,
}


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
