r"""Pure: take JSON apart without touching its tokens.

Parsing and re-encoding loses data: wide integers become floats, `1.10` becomes `1.1`, `1e400`
becomes Infinity. So values stay what the client wrote (`msgspec.Raw`) and only the level that has
to be understood is decoded. msgspec is strict RFC 8259, but refuses a lone surrogate escape
(`"\ud800"`), which is JSON: in such texts each is marked first, and restored in every piece.

No pass needs more memory than about the text's own size, whatever the text is.
"""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

import msgspec
from msgspec import Raw

WHITESPACE = b" \t\r\n"
OPENING = (b"[", b"{")  # of arrays and objects
BEFORE_VALUE = (b",", *OPENING)  # each value follows one of them, but for the first

_Value = TypeVar("_Value")
_VALUE = msgspec.json.Decoder(Raw)
_ARRAY = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, Raw]])
_WINDOW_BYTES = 64 * 1024
_STEPS = {b"["[0]: 1, b"{"[0]: 1, b"]"[0]: -1, b"}"[0]: -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
_BREAKS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")
# The `\u` of a high surrogate that no low one follows, or of a low one that follows no high one.
_LONE_SURROGATE = re.compile(
    rb"\\u(?:(?=[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F]))"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)(?=[dD][c-fC-F][0-9a-fA-F]{2}))"
)
_PAIR = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]", re.DOTALL)
_ESCAPE_BYTES = 6
# Stands for that `\u`: a noncharacter, and digits that nobody who writes a text can know.
_MARK = "\ufdd0" + secrets.token_hex(4)
_MARK_BYTES = _MARK.encode()
_MARKED_NAME = re.compile(_MARK + "([0-9a-fA-F]{4})")


class NotJson(ValueError):
    """The text is not one RFC 8259 value of the kind asked for."""


class TooDeep(ValueError):
    """The text is nested more deeply than can be read."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How deep a JSON value nests arrays and objects, and how many values it holds in all."""

    depth: int
    values: int


def check_value(text: bytes | Raw) -> None:
    """Raise NotJson unless `text` (valid UTF-8) is one JSON value, TooDeep beyond any nesting."""
    _decode(_VALUE, text)


def split_array(text: bytes | Raw) -> list[Raw]:
    """Return the elements of a JSON array. Raises as `check_value`."""
    elements, is_marked = _decode(_ARRAY, text)
    return [_restore(element) for element in elements] if is_marked else elements


def split_object(text: bytes | Raw) -> dict[str, Raw]:
    """Return the members of a JSON object, of equal names the last. Raises as `check_value`."""
    members, is_marked = _decode(_OBJECT, text)
    pairs = members.items()
    return {_restore_name(name): _restore(value) for name, value in pairs} if is_marked else members


def split_objects(text: bytes) -> list[dict[str, Raw]]:
    """Return the members of each object of a short array; NotJson beside lone surrogates, too."""
    return _decode_strictly(_OBJECTS, text)


def join_object(members: dict[str, Raw]) -> bytes:
    """Return the object's text on one line, the inverse of `split_object`."""
    try:
        text = msgspec.json.encode(members)
    except UnicodeEncodeError:  # a name with a lone surrogate has to stay an escape
        pairs = (json.dumps(name).encode() + b":" + bytes(members[name]) for name in members)
        text = b"{" + b",".join(pairs) + b"}"
    # Legal between tokens only, where a space is as good.
    if text.find(b"\n") >= 0 or text.find(b"\r") >= 0:
        text = text.translate(_BREAKS_TO_SPACES)
    return text


def count_up_to(limit: int, text: bytes, *marks: bytes) -> int:
    """Return how often the `marks`, of one byte each, stand in `text`; `limit` + 1 if more often.

    `bytes.count` looks at each byte; `replace` jumps, and is much faster where marks are rare.
    """
    found, size = 0, len(text)
    if size > _WINDOW_BYTES:
        for at in range(0, size, _WINDOW_BYTES):
            found += count_up_to(limit - found, text[at : at + _WINDOW_BYTES], *marks)
            if found > limit:
                break
        return found
    for mark in marks:
        found += size - len(text.replace(mark, b"", limit + 1))
    return min(found, limit + 1)


def measure(text: bytes | Raw) -> Shape:
    """Return the exact shape of `text`, which must be one JSON value; nothing of it is built."""
    depth = deepest = 0
    values, last, in_string = 1, b"", False
    for window in _windows(memoryview(text)):
        outside, in_string = _outside_strings(window, in_string=in_string)
        opened = outside.count(b"[") + outside.count(b"{")
        around = last + outside
        values += opened + outside.count(b",") - around.count(b"[]") - around.count(b"{}")
        last = around[-1:]
        steps = map(_STEPS.__getitem__, outside.translate(None, _NO_BRACKETS))
        levels = list(accumulate(steps, initial=depth))
        depth, deepest = levels[-1], max(deepest, *levels)
    return Shape(deepest, values)


def is_deeper_than(limit: int, text: bytes | Raw) -> bool:
    """Return whether the JSON value `text` nests more than `limit` arrays and objects.

    Raises NotJson for other text that holds so many brackets.
    """
    text = bytes(text)
    if count_up_to(limit, text, *OPENING) <= limit:
        return False
    try:
        check_value(text)  # so that its strings end
    except TooDeep:
        return True
    return measure(text).depth > limit


def _decode(decoder: msgspec.json.Decoder[_Value], text: bytes | Raw) -> tuple[_Value, bool]:
    """Decode; also returns whether lone surrogates had to be marked in a copy for that."""
    try:
        return decoder.decode(text), False
    except RecursionError:
        raise TooDeep("the JSON is nested too deeply") from None
    except msgspec.DecodeError as exc:
        marked = _mark_lone_surrogates(bytes(text))
        if marked is None:
            raise NotJson(str(exc)) from None
    return _decode_strictly(decoder, marked), True


def _decode_strictly(
    decoder: msgspec.json.Decoder[_Value], text: bytes | bytearray | Raw
) -> _Value:
    try:
        return decoder.decode(text)
    except RecursionError:
        raise TooDeep("the JSON is nested too deeply") from None
    except msgspec.DecodeError as exc:
        raise NotJson(str(exc)) from None


def _mark_lone_surrogates(text: bytes) -> bytearray | None:
    r"""Return `text` with a mark for the `\u` of each lone surrogate escape, None without any."""
    if b"\\u" not in text or b"\0" in text:  # a zero byte is JSON nowhere: it can stand for `\\\\`
        return None
    escapes = text.replace(b"\\\\", b"\0\0")
    marked, at = bytearray(), 0
    while at < len(escapes):
        end = escapes.find(b"\\", at + _WINDOW_BYTES)  # where an escape begins, not within a pair
        if end < 0:
            end = len(escapes)
        elif _PAIR.match(escapes, end - _ESCAPE_BYTES):
            end += _ESCAPE_BYTES
        marked += _LONE_SURROGATE.sub(_MARK_BYTES, escapes[at:end]).replace(b"\0\0", b"\\\\")
        at = end
    return marked if len(marked) > len(text) else None


def _restore(value: Raw) -> Raw:
    return Raw(bytes(value).replace(_MARK_BYTES, b"\\u"))


def _restore_name(name: str) -> str:
    return _MARKED_NAME.sub(lambda lone: chr(int(lone[1], 16)), name) if _MARK in name else name


def _windows(text: memoryview) -> Iterator[bytes]:
    """Yield the text in parts of bounded size, none of which ends within an escape."""
    rest = b""
    for at in range(0, len(text), _WINDOW_BYTES):
        window = rest + text[at : at + _WINDOW_BYTES]
        backslashes = len(window) - len(window.rstrip(b"\\"))
        rest = b"\\" * (backslashes % 2)
        yield window.removesuffix(rest)


def _outside_strings(window: bytes, *, in_string: bool) -> tuple[bytes, bool]:
    """Return what is no white space outside strings, each one of which becomes one `"`.

    Also returns whether the window ends within a string.
    """
    pieces = window.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
    ends_in_string = in_string ^ (len(pieces) % 2 == 0)
    outside = b'"'.join(pieces[in_string::2])
    if ends_in_string:
        outside += b'"'
    return outside.translate(None, WHITESPACE), ends_in_string
