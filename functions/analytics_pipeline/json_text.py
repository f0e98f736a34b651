r"""Pure: take JSON apart without touching its tokens.

Parsing and re-encoding loses data: wide integers become floats, `1.10` becomes `1.1`, `1e400`
becomes Infinity. So values stay what the client wrote (`msgspec.Raw`) and only the level that has
to be understood is decoded. msgspec is strict RFC 8259, but refuses a lone surrogate escape
(`"\ud800"`), which is JSON: such texts take the slower way through the standard library.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NoReturn, TypeVar

import msgspec
from msgspec import Raw

WHITESPACE = b" \t\r\n"

_Value = TypeVar("_Value")
_VALUE = msgspec.json.Decoder(Raw)
_ARRAY = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_STEPS = {b"["[0]: 1, b"{"[0]: 1, b"]"[0]: -1, b"}"[0]: -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
_SPACES = re.compile(r"[ \t\r\n]*")


class NotJson(ValueError):
    """The text is not one RFC 8259 value of the kind asked for."""


class TooDeep(ValueError):
    """The text is nested more deeply than can be read."""


def check_value(text: bytes | Raw) -> None:
    """Raise NotJson unless `text` (valid UTF-8) is one JSON value, TooDeep beyond any nesting."""
    if _decode(_VALUE, text) is None:
        _parse(bytes(text).decode())


def split_array(text: bytes | Raw) -> list[Raw]:
    """Return the elements of a JSON array. Raises as `check_value`."""
    elements = _decode(_ARRAY, text)
    return [value for _, value in _scan(text, "[")] if elements is None else elements


def split_object(text: bytes | Raw) -> dict[str, Raw]:
    """Return the members of a JSON object, of equal names the last. Raises as `check_value`."""
    members = _decode(_OBJECT, text)
    return dict(_scan(text, "{")) if members is None else members


def join_object(members: dict[str, Raw]) -> bytes:
    """Return the object's text on one line, the inverse of `split_object`."""
    try:
        text = msgspec.json.encode(members)
    except UnicodeEncodeError:  # a name with a lone surrogate has to stay an escape
        pairs = (json.dumps(name).encode() + b":" + bytes(members[name]) for name in members)
        text = b"{" + b",".join(pairs) + b"}"
    if b"\n" in text or b"\r" in text:  # legal between tokens only, where a space is as good
        text = text.replace(b"\n", b" ").replace(b"\r", b" ")
    return text


def is_deeper_than(limit: int, text: bytes | Raw) -> bool:
    """Return whether the JSON value `text` nests more than `limit` arrays and objects.

    Raises NotJson for other text that holds so many brackets.
    """
    text = bytes(text)
    if text.count(b"[") + text.count(b"{") <= limit:
        return False
    try:
        check_value(text)  # so that its strings end, and are found in linear time
    except TooDeep:
        return True
    brackets = _STRING.sub(b"", text).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > limit


def _decode(decoder: msgspec.json.Decoder[_Value], text: bytes | Raw) -> _Value | None:
    """Decode, or return None where only the exact scan below can tell."""
    try:
        return decoder.decode(text)
    except RecursionError:
        raise TooDeep("the JSON is nested too deeply") from None
    except msgspec.DecodeError as exc:
        if _SURROGATE.search(bytes(text)):
            return None
        raise NotJson(str(exc)) from None


def _refuse(constant: str) -> NoReturn:
    raise NotJson(f"{constant} is not JSON")


_EXACT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)


def _parse(source: str) -> int:
    """Return where the one value in `source` begins."""
    start = _skip(source, 0)
    try:
        _, end = _EXACT.raw_decode(source, start)
    except RecursionError:
        raise TooDeep("the JSON is nested too deeply") from None
    except json.JSONDecodeError as exc:
        raise NotJson(str(exc)) from None
    if _skip(source, end) != len(source):
        raise NotJson("more than one JSON value")
    return start


def _scan(text: bytes | Raw, opening: str) -> Iterator[tuple[str, Raw]]:
    """Yield the (name, value) pairs of an object, or ("", value) for each element of an array."""
    source = bytes(text).decode()
    at = _parse(source)
    if source[at] != opening:
        raise NotJson(f"expected {opening}")
    at = _skip(source, at + 1)
    while source[at] not in "]}":
        name = ""
        if opening == "{":
            name, at = _EXACT.raw_decode(source, at)
            at = _skip(source, _skip(source, at) + 1)
        end = _EXACT.raw_decode(source, at)[1]
        yield name, Raw(source[at:end].encode())
        at = _skip(source, end)
        if source[at] == ",":
            at = _skip(source, at + 1)


def _skip(source: str, at: int) -> int:
    spaces = _SPACES.match(source, at)
    return spaces.end() if spaces else at
