"""Pure: JSON made to fit BigQuery's JSON type, which keeps less than JSON can say.

It holds int64, uint64 and double, 500 levels of nesting, no lone surrogate, and of equal names
the first (GoogleSQL reference, "JSON type"). What it would refuse or change is changed here, the
same way each time and on record; the stored object stays exact.
"""

import json
import re
from collections import deque
from typing import Any

import msgspec
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.json_text import TooDeep
from analytics_pipeline.load import json_nesting, json_numbers

_MAX_LISTED_CHARACTERS = 64_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Adjusted(str):
    """What stands in place of a value that BigQuery would refuse or change."""

    __slots__ = ()


class JsonFitter:
    """Makes the JSON columns of one row; `adjusted` lists the paths of values that had to change.

    A path such as `extra.scores[0]` is a JSONPath of GoogleSQL but for its column in place of `$`.
    The list ends with `…` where it would get too long. Time and memory are linear in the text.
    """

    def __init__(self) -> None:
        self.adjusted: list[str] = []
        self._room = _MAX_LISTED_CHARACTERS
        self._path: list[str | int] = []

    def fit_attributes(self, value: bytes | Raw) -> Raw | None:
        """Return what the JSON text `value` holds, for `event_attributes`.

        That is an object or array, also when `value` is a string of one; null is nothing, and any
        other value becomes a string.
        """
        text = bytes(value)
        if text == b"null":
            return None
        if text[:1] in {b"{", b"["}:
            return _encode(self._fit("event_attributes", text))
        self._path = ["event_attributes"]
        held = self._read_string(text) if text.startswith(b'"') else text.decode()
        if held.lstrip()[:1] in {"{", "["}:
            try:
                return _encode(self._fit("event_attributes", held.encode()))
            except TooDeep:
                self._note()
            except ValueError:  # no JSON
                pass
        return _encode(held)

    def fit_extra(self, members: dict[str, Raw]) -> Raw | None:
        """Return the object of `members` and, where there are any, of all paths as `_adjusted`."""
        if not members and not self.adjusted:
            return None
        extra = self._fit("extra", json_text.join_object(members))
        if self.adjusted:
            if "_adjusted" in extra:  # the client's own gives way, on record
                self.adjusted.append("extra._adjusted")
            extra["_adjusted"] = self.adjusted
        return _encode(extra)

    def _fit(self, column: str, text: bytes) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value, as Raw while nothing is adjusted; raises ValueError unless JSON."""
        if not self.adjusted and not json_nesting.is_deep(text):
            shortest = json_numbers.shorten(text)
            if shortest is not None:
                return Raw(shortest)
        self._path = [column]
        return self._settle(_decode(*json_nesting.cut_deep(text)))

    def _settle(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value without what UTF-8 cannot say, and list all that had to change."""
        if isinstance(value, list):
            for index, element in enumerate(value):
                self._path.append(index)
                value[index] = self._settle(element)
                self._path.pop()
        elif isinstance(value, dict):
            members, value = value, {}
            for name, member in members.items():
                self._path.append(name)
                value[self._clean(name)] = self._settle(member)
                self._path.pop()
        elif isinstance(value, _Adjusted):
            self._note()
            value = str(value)
        elif isinstance(value, str):
            value = self._clean(value)
        return value

    def _read_string(self, text: bytes) -> str:
        """Return the characters of a JSON string, without what UTF-8 cannot say."""
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
            path = "".join(map(_format_step, self._path)).removeprefix(".")
            self._room -= len(path)
            self.adjusted.append(path if self._room > 0 else "…")


def _decode(text: bytes, deep: deque[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value, with `_Adjusted` for what cannot stay; raises ValueError unless JSON."""

    def read_nan(token: str) -> _Adjusted:
        if not deep:
            raise json_text.NotJson(f"{token} is not JSON")
        return _Adjusted(deep.popleft())

    decoder = json.JSONDecoder(
        parse_float=_read_number, parse_int=_read_number, parse_constant=read_nan
    )
    return decoder.decode(text.decode())


def _encode(value: Any) -> Raw:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, Raw) else Raw(msgspec.json.encode(value))


def _read_number(token: str) -> int | float | _Adjusted:
    number = json_numbers.read_exact(token)
    return _Adjusted(token) if number is None else number


def _replace_surrogates(text: str) -> str:
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _format_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN_NAME.fullmatch(step):
        return f".{step}"
    return "." + json.dumps(_replace_surrogates(step), ensure_ascii=False)


_STRING = msgspec.json.Decoder(str)
