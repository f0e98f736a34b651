"""Pure: the JSON numbers that BigQuery keeps: int64, uint64, and what a double tells exactly."""

import re
from decimal import Decimal, InvalidOperation

import msgspec

_INT64_OR_UINT64 = range(-(2**63), 2**64)
_MAX_INTEGER_LENGTH = 20  # characters of the longest of them
_EXACT_LENGTH = 16  # any 15 significant digits and a point survive a double
_LONG_NUMBER = b"0" * (_EXACT_LENGTH + 1)
_UNSIGNED = re.compile(rb"[0-9]+(\.[0-9]+)?")
_NUMBERS_AS_ZEROS = bytes.maketrans(b"123456789.E+", b"0000000000e-")
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19
_TWENTY_DIGITS = b"0" * 20  # fewer are within uint64
_NEGATIVE_NINETEEN = b"-" + _NINETEEN_DIGITS  # fewer are within int64


def read_exact(token: str) -> int | float | None:
    """Return the number that a token of JSON tells, None where BigQuery would change it."""
    if len(token) <= _MAX_INTEGER_LENGTH and token.removeprefix("-").isdecimal():
        integer = int(token)
        if integer in _INT64_OR_UINT64:
            return integer
    number = float(token)
    return number if _is_told_exactly(number, token) else None


def shorten(text: bytes) -> bytes | None:
    """Return the shortest text of a JSON value, None unless BigQuery surely keeps the value.

    It does not keep a number beyond a double, nor a lone surrogate.
    """
    try:
        shortest = msgspec.json.encode(_ANY.decode(text))
        if not _has_same_numbers(shortest, text):
            shortest = msgspec.json.encode(_EXACT.decode(text))
    except msgspec.DecodeError:
        return None
    return None if _may_hold_wide_integer(shortest) else shortest


def _has_same_numbers(shortest: bytes, text: bytes) -> bool:
    """Return whether no double changed a number on the way; the cheapest proof comes first."""
    return (
        shortest == text
        or not _may_hold_inexact_number(text)
        or shortest == msgspec.json.format(text, indent=-1)  # without white space
    )


def _may_hold_inexact_number(text: bytes) -> bool:
    """Return whether characters in the JSON text may be a number that no double tells exactly."""
    numbers = text.translate(_NUMBERS_AS_ZEROS)
    if numbers.find(b"0e") >= 0 and (b"0e0" in numbers or b"0e-" in numbers):
        return True
    at = numbers.find(_LONG_NUMBER)
    while at >= 0:
        number = _UNSIGNED.match(text, at)
        if number is None or (number[1] and read_exact(number[0].decode()) is None):
            return True
        at = numbers.find(_LONG_NUMBER, number.end())
    return False


def _may_hold_wide_integer(text: bytes) -> bool:
    """Return whether digits in the JSON text may be an integer beyond int64 and uint64."""
    digits = text.translate(_DIGITS_AS_ZEROS)
    return digits.find(_NINETEEN_DIGITS) >= 0 and (
        _TWENTY_DIGITS in digits or _NEGATIVE_NINETEEN in digits
    )


def _is_told_exactly(number: float, token: str) -> bool:
    """Return whether the shortest text of the double tells the number of the token."""
    if len(token) <= _EXACT_LENGTH and "e" not in token.lower():
        return True
    shortest = repr(number)
    try:
        return shortest == token or Decimal(shortest) == Decimal(token)
    except InvalidOperation:  # an exponent that not even Decimal holds
        return False


def _read_float(token: str) -> float:
    """Return the double that a token tells; raises ValueError where that is another number."""
    number = float(token)
    if not _is_told_exactly(number, token):
        raise ValueError(token)
    return number


_ANY = msgspec.json.Decoder()
_EXACT = msgspec.json.Decoder(float_hook=_read_float)  # at three times the cost
