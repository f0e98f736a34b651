"""Pure: JSON made to fit BigQuery's JSON type, which keeps less than JSON can say.

It holds int64, uint64 and double, 500 levels of nesting, no lone surrogate, and of equal names
the first (GoogleSQL reference, "JSON type"). What it would refuse or change is changed here, the
same way each time and on record; the stored object stays exact.
"""

import json
import re
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.json_text import TooDeep

MAX_NESTING = 200
MAX_PARSED_NESTING = 500  # as BigQuery's own; not far beyond, Python's stack is the limit
_MAX_LISTED_CHARACTERS = 64_000
_TRY_BELOW = 64_000  # bytes of a part that is tried as a whole before it is taken apart
_MIN_INT64, _MAX_UINT64 = -(2**63), 2**64 - 1
_EXACT_NUMBER_LENGTH = 16  # any 15 significant digits and a point survive a double
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TWENTY_DIGITS = b"0" * 20  # fewer are within uint64
_NEGATIVE_NINETEEN = b"-" + b"0" * 19  # fewer are within int64
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class JsonFitter:
    """Makes the JSON columns of one row; `adjusted` lists the paths of values that had to change.

    A path such as `extra.scores[0]` is a JSONPath of GoogleSQL but for its column in place of `$`.
    The list ends with `…` where it would get too long.
    """

    def __init__(self) -> None:
        self.adjusted: list[str] = []
        self._room = _MAX_LISTED_CHARACTERS
        self._path: list[str] = []
        self._try_below = _TRY_BELOW

    def fit_attributes(self, text: bytes) -> Raw | None:
        """Return what the JSON value `text` holds, for `event_attributes`.

        That is an object or array, also when `text` is a string of one; null is nothing, and any
        other value becomes a string.
        """
        if text == b"null":
            return None
        if text[:1] in {b"{", b"["}:
            return self._fit_column("event_attributes", text)
        self._path = ["event_attributes"]
        held = self._characters(text) if text.startswith(b'"') else text.decode()
        if held.lstrip()[:1] in {"{", "["}:
            try:
                return self._fit_column("event_attributes", held.encode())
            except json_text.NotJson:
                pass
            except TooDeep:
                self._note()
        return Raw(msgspec.json.encode(held))

    def fit_extra(self, members: dict[str, Raw]) -> Raw | None:
        """Return the object of `members` and, where there are any, of all paths as `_adjusted`."""
        if not members and not self.adjusted:
            return None
        extra = self._fit_column("extra", json_text.join_object(members))
        if not self.adjusted:
            return extra
        if "_adjusted" in members:  # the client's own gives way, on record
            self.adjusted.append("extra._adjusted")
        adjusted = Raw(msgspec.json.encode(self.adjusted))
        return Raw(json_text.join_object({**json_text.split_object(extra), "_adjusted": adjusted}))

    def _fit_column(self, column: str, text: bytes) -> Raw:
        self._path = [column]
        deep = is_deep(text)
        self._try_below = 0 if deep else _TRY_BELOW
        unchanged = None if deep else _encode_unchanged(text)
        return Raw(unchanged or self._fit(text, MAX_NESTING))

    def _fit(self, text: bytes, levels: int) -> bytes:
        """Return the fitted value; arrays and objects may nest `levels` deep."""
        if len(text) < self._try_below and (fitted := _encode_unchanged(text)):
            return fitted
        match text.lstrip(json_text.WHITESPACE)[:1]:
            case b"{" if levels:
                fitted = self._fit_object(text, levels - 1)
            case b"[" if levels:
                fitted = self._fit_array(text, levels - 1)
            case b'"':
                fitted = msgspec.json.encode(self._characters(text))
            case b"t" | b"f" | b"n":
                fitted = text
            case kind if kind not in b"{[" and _is_exact(text.decode()):
                fitted = text
            case _:
                self._note()
                fitted = msgspec.json.encode(text.decode())
        return fitted

    def _fit_object(self, text: bytes, levels: int) -> bytes:
        members: dict[str, Raw] = {}
        for name, value in json_text.split_object(text).items():
            self._path.append(_format_name(name))
            members[self._clean(name)] = Raw(self._fit(bytes(value), levels))
            self._path.pop()
        return msgspec.json.encode(members)

    def _fit_array(self, text: bytes, levels: int) -> bytes:
        elements: list[Raw] = []
        for index, value in enumerate(json_text.split_array(text)):
            self._path.append(f"[{index}]")
            elements.append(Raw(self._fit(bytes(value), levels)))
            self._path.pop()
        return msgspec.json.encode(elements)

    def _characters(self, text: bytes) -> str:
        """Return the characters of the JSON string `text`, cleaned."""
        try:
            return _STRING.decode(text)
        except msgspec.DecodeError:  # a lone surrogate
            return self._clean(json.loads(text))

    def _clean(self, text: str) -> str:
        cleaned = _replace_surrogates(text)
        if cleaned != text:
            self._note()
        return cleaned

    def _note(self) -> None:
        """List the current path; bounded, as paths can be larger than what they point at."""
        if self._room > 0:
            path = "".join(self._path)
            self._room -= len(path)
            self.adjusted.append(path if self._room > 0 else "…")


def is_deep(text: bytes) -> bool:
    """Return whether the JSON value `text` nests more than MAX_NESTING arrays and objects.

    Raises TooDeep beyond MAX_PARSED_NESTING, and NotJson for text that would have to be deep.
    """
    if not json_text.is_deeper_than(MAX_NESTING, text):
        return False
    if json_text.is_deeper_than(MAX_PARSED_NESTING, text):
        raise TooDeep("the JSON is nested too deeply")
    return True


def _encode_unchanged(text: bytes) -> bytes | None:
    """Return the value's shortest text, None unless BigQuery surely keeps the value."""
    try:
        shortest = msgspec.json.encode(_EXACT.decode(text))
    except msgspec.DecodeError:  # a number beyond a double, a lone surrogate
        return None
    digits = shortest.translate(_DIGITS_AS_ZEROS)
    return None if _TWENTY_DIGITS in digits or _NEGATIVE_NINETEEN in digits else shortest


def _is_exact(token: str) -> bool:
    """Return whether an int64, a uint64 or the shortest text of a double is that very number."""
    if len(token) <= _EXACT_NUMBER_LENGTH and "e" not in token.lower():
        return True
    try:
        number = Decimal(token)
    except InvalidOperation:  # an exponent that not even Decimal holds
        return False
    if token.lstrip("-").isdecimal() and _MIN_INT64 <= number <= _MAX_UINT64:
        return True
    return number == Decimal(repr(float(token)))


def _exact_float(token: str) -> float:
    if not _is_exact(token):
        raise ValueError(token)
    return float(token)


def _replace_surrogates(text: str) -> str:
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _format_name(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    return "." + json.dumps(_replace_surrogates(name), ensure_ascii=False)


_STRING = msgspec.json.Decoder(str)
_EXACT = msgspec.json.Decoder(float_hook=_exact_float)
