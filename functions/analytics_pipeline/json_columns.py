"""Pure: JSON text made fit for a BigQuery column of type JSON.

The type holds int64, uint64 and double, at most 500 levels, and no lone surrogate; anything else
would be refused or changed (BigQuery documentation, "JSON type"). So a number that would change
becomes a string of its token, a subtree that is too deep a string of its text, a lone surrogate
U+FFFD, and each such path is reported. The stored object stays the exact record.
"""

import json
import math
import re
from decimal import Decimal

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.errors import TooDeep

MAX_DEPTH = 200
MAX_PARSED_NESTING = 500  # beyond, no column could hold it, and parsers give up at a thousand
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Up to 15 digits without an exponent survive a double; a number stands behind a delimiter.
_WIDE_NUMBER = re.compile(rb"[\[:,]\s*-?(?:[0-9.]{16}|[0-9.]+[eE])")
_INT64_AND_UINT64 = range(-(2**63), 2**64)
_MAX_INTEGER_DIGITS = 20


def is_json(text: bytes) -> bool:
    """Return whether `text` (valid UTF-8) is one JSON value that can be parsed."""
    try:
        json_text.check_value(text)
    except (json_text.NotJson, TooDeep):
        return False
    return True


class JsonFitter:
    """Fits the JSON columns of one row; `adjusted` lists the paths whose JSON had to change."""

    def __init__(self) -> None:
        self.adjusted: list[str] = []

    def fit(self, path: str, text: bytes) -> Raw:
        """Return the JSON `text` as a column can hold it; `path` is the column's name."""
        if (
            not _SURROGATE.search(text)
            and not _WIDE_NUMBER.search(b"[" + text)
            and not json_text.is_deeper_than(MAX_DEPTH, text)
        ):
            return Raw(text)
        return Raw(self._fit(text, path, 1))

    def fit_embedded(self, path: str, text: bytes) -> Raw:
        """As `fit`, but a string that holds the text of an object or array counts as that."""
        if text.startswith(b'"'):
            inner = _replace_surrogates(json.loads(text)).encode()
            if inner.lstrip(json_text.WHITESPACE)[:1] in {b"{", b"["} and is_json(inner):
                text = inner
        return self.fit(path, text)

    def _fit(self, text: bytes, path: str, depth: int) -> bytes:
        text = text.strip(json_text.WHITESPACE)
        kind = text[:1]
        if kind in {b"{", b"["}:
            if depth > MAX_DEPTH:
                self.adjusted.append(path)
                return msgspec.json.encode(text.decode())
            fit = self._fit_object if kind == b"{" else self._fit_array
            return fit(text, path, depth + 1)
        if kind == b'"':
            return self._fit_string(text, path)
        if kind in {b"t", b"f", b"n"} or _is_exact(text.decode()):
            return text
        self.adjusted.append(path)
        return b'"%b"' % text

    def _fit_array(self, text: bytes, path: str, depth: int) -> bytes:
        elements = enumerate(json_text.split_array(text))
        fitted = (self._fit(bytes(value), f"{path}[{index}]", depth) for index, value in elements)
        return b"[%b]" % b",".join(fitted)

    def _fit_object(self, text: bytes, path: str, depth: int) -> bytes:
        pairs = []
        for name, value in json_text.split_object(text).items():
            member = f"{path}.{_replace_surrogates(name)}"
            key = self._fit_string(json.dumps(name).encode(), member)
            pairs.append(b"%b:%b" % (key, self._fit(bytes(value), member, depth)))
        return b"{%b}" % b",".join(pairs)

    def _fit_string(self, text: bytes, path: str) -> bytes:
        if not _SURROGATE.search(text):
            return text
        value: str = json.loads(text)
        replaced = _replace_surrogates(value)
        if replaced != value:
            self.adjusted.append(path)
        return msgspec.json.encode(replaced)


def _replace_surrogates(text: str) -> str:
    """Return the text with every lone surrogate replaced by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_exact(token: str) -> bool:
    """Return whether int64, uint64 or double hold the number, so that it reads back the same."""
    digits = token.removeprefix("-")
    if digits.isdecimal() and len(digits) <= _MAX_INTEGER_DIGITS:
        return int(token) in _INT64_AND_UINT64
    value = float(token)
    if value == 0 or math.isinf(value):
        mantissa = re.split("[eE]", digits)[0]
        return value == 0 and not mantissa.strip("0.")
    return Decimal(token) == Decimal(repr(value))
