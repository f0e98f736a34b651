"""What BigQuery's JSON type can hold without change ("JSON data type" reference)."""

import json
import re
from decimal import Decimal

import msgspec

MAX_NESTING = 500
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_MAX_INTEGER_DIGITS = 20
# Up to 15 significant digits survive a double, up to 16 digits an int64: only longer runs and
# exponents need a look at the token itself.
_SUSPECT_NUMBER = re.compile(r"[\d.]{17}|\d[eE]")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_LARGE = 10_000  # characters from which on a look at the numbers alone pays
_decode = msgspec.json.Decoder(msgspec.Raw).decode


class UnfitJsonError(ValueError):
    """The text is not JSON, or BigQuery's JSON type would have to change it."""


def check_json(text: str) -> str:
    """Return `text` when a JSON column can hold exactly this; raises `UnfitJsonError`."""
    if text.count("[") + text.count("{") > MAX_NESTING and _nesting(text) > MAX_NESTING:
        raise UnfitJsonError(f"JSON is nested deeper than {MAX_NESTING} levels")
    try:
        _decode(text)  # refuses lone surrogates, too
        numbers = text if len(text) < _LARGE else _STRING.sub('""', text)
        if _SUSPECT_NUMBER.search(numbers):
            json.loads(text, parse_int=_check_integer, parse_float=_check_float)
    except (msgspec.DecodeError, RecursionError, ArithmeticError) as exc:
        raise UnfitJsonError(f"not valid JSON: {exc}") from exc
    return text


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _check_integer(token: str) -> int:
    if len(token) <= _MAX_INTEGER_DIGITS and _INT64_MIN <= int(token) <= _UINT64_MAX:
        return 0
    _check_float(token)
    return 0


def _check_float(token: str) -> float:
    """Accept a token whose value is that of the shortest spelling of its double."""
    if Decimal(token) != Decimal(repr(float(token))):
        raise UnfitJsonError(f"number {token[:60]} does not fit a double without a loss")
    return 0.0
