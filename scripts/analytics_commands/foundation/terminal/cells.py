"""Pure: values as the text that people read of them."""

import json
import math
from datetime import date, datetime
from decimal import Decimal

_DIGITS = 6  # of a number with a fraction; of a larger one all before the point, and two after it
_MAX_DIGITS = 15  # a float has no more


def visible(text: str) -> str:
    """Return the text as it may be printed: what is no visible character as its escape.

    Texts of clients and names of files can hold what a terminal would obey.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def is_number(value: object) -> bool:
    """Return whether the value is one of those that stand below each other by their digits."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def as_cell(value: object) -> str:
    """Return the value as a person reads it, empty for None; nothing in it moves a cursor."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return _as_number(value)
        case int() | Decimal():
            return f"{value:,}"
        case str():
            return visible(value)
        case _:
            return visible(as_text(value))


def as_text(value: object) -> str:
    """Return what JSON has no form of as its text; times are ISO 8601."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, default=as_text, ensure_ascii=False)
        case _:
            return str(value)


def _as_number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    digits = max(_DIGITS, len(str(int(abs(value)))) + 2)
    return f"{value:,.{min(digits, _MAX_DIGITS)}g}"
