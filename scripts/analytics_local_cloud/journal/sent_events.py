"""Pure: the events in the body of a request, as the client wrote them."""

import gzip
import io
from collections.abc import Sequence

import msgspec

_MOST_DECODED = 4 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_Raw = msgspec.Raw
_read_array = msgspec.json.Decoder(list[_Raw]).decode
_read_value = msgspec.json.Decoder(_Raw).decode


def split_sent(body: bytes, count: int) -> Sequence[str]:
    """Return the text of each of the `count` events of a body; nothing where they are not found.

    The service decides how many there are: what is found must be as many.
    """
    text = _decoded(body).removeprefix(_BOM).strip()
    for parts in (_array, _value, _lines):
        found = parts(text)
        if found and len(found) == count:
            return [part.decode(errors="replace") for part in found]
    return ()


def _decoded(body: bytes) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        with gzip.open(io.BytesIO(body)) as file:
            return file.read(_MOST_DECODED)
    except (OSError, EOFError, ValueError):
        return b""


def _array(text: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _read_array(text)]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []


def _value(text: bytes) -> list[bytes]:
    try:
        return [bytes(_read_value(text))]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []


def _lines(text: bytes) -> list[bytes]:
    return [line.strip() for line in text.split(b"\n") if line.strip()]
