r"""What is in a stored object: its bytes, verified, and its lines, one at a time.

The grammar is that of every reader: gzip by its first two bytes or by Content-Encoding, one byte
order mark dropped, lines end with `\n`, one `\r` before it is dropped, blank lines are nothing.
"""

import io
from collections.abc import Iterator
from hashlib import md5
from typing import IO

import msgspec

from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.json_text import WHITESPACE
from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.load.ports import ObjectReader
from analytics_pipeline.stored_objects import StoredObject

MAX_OBJECT_BYTES = 64_000_000  # as stored and decoded; a batch stays below a third of it
MAX_LINES = 100_000  # ten times the events of a batch
MAX_LINE_BYTES = 12_000_000  # a batch of one event, with its envelope
_HEAD_BYTES = 128 * 1024  # what is kept of a longer line, for its dead letter
_PIECE_BYTES = 256 * 1024
_FACTOR, _MEMORY_OF_ROWS = 2000, 40_000_000  # gzip may hold a thousand times its bytes
_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"


class Line(msgspec.Struct, frozen=True):
    """A line, counted from 1, without its end; one that `is_cut` was longer than MAX_LINE_BYTES."""

    number: int
    payload: bytes
    is_cut: bool = False


class Content:
    """The bytes of one generation of an object, decoded while they are read."""

    def __init__(self, stored: StoredObject, raw: bytes) -> None:
        """Verify the whole; raises PermanentLoadError where it is not what was recorded."""
        self.stored = stored
        self._raw = raw
        self._is_gzip = raw.startswith(_GZIP_MAGIC)
        digest, lines = md5(usedforsecurity=False), 0
        for piece in self._pieces():
            digest.update(piece)
            # `count` looks at each byte, `replace` jumps from one line's end to the next.
            lines += len(piece) - len(piece.replace(b"\n", b""))
            if lines > MAX_LINES:
                raise PermanentLoadError("too_many_lines", f"more than {MAX_LINES} lines")
        recorded = stored.content_md5
        if recorded is not None and recorded != digest.digest():
            raise PermanentLoadError(
                "md5_mismatch", f"recorded {recorded.hex()}, read {digest.hexdigest()}"
            )

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not blank; of each content no more than a line is held."""
        decoded = io.BufferedReader(_Stream(self._pieces()), _PIECE_BYTES)
        number = 0
        while text := decoded.readline(MAX_LINE_BYTES + 1):
            number += 1
            is_cut = len(text) > MAX_LINE_BYTES and not text.endswith(b"\n")
            if is_cut:
                text = text[:_HEAD_BYTES]
                _skip_line(decoded)
            if number == 1:
                text = text.removeprefix(_BOM)
            payload = text.removesuffix(b"\n").removesuffix(b"\r")
            if payload.strip(WHITESPACE):
                yield Line(number, payload, is_cut)

    def _pieces(self) -> Iterator[bytes]:
        """Yield the decoded content in pieces; raises PermanentLoadError."""
        if not self._is_gzip:
            yield from _cut(self._raw)
            return
        gunzip, size = Gunzip(), 0
        try:
            for compressed in _cut(self._raw):
                for piece in gunzip.decode(compressed):
                    size += len(piece)
                    if size > MAX_OBJECT_BYTES:
                        raise PermanentLoadError("object_too_large", "the decoded content")
                    yield piece
            gunzip.finish()
        except CorruptGzip as exc:
            raise PermanentLoadError("corrupt_gzip", str(exc)) from exc


def memory_of(stored: StoredObject) -> int:
    """Return the bytes that loading an object takes: itself, and the rows made of it at a time."""
    return stored.size + min(_FACTOR * stored.size, _MEMORY_OF_ROWS)


def open_content(reader: ObjectReader, stored: StoredObject) -> Content:
    """Return the content of exactly that generation.

    Raises PermanentLoadError where no retry can help, ObjectGone, or TransientError.
    """
    if stored.size > MAX_OBJECT_BYTES:
        raise PermanentLoadError("object_too_large", f"{stored.size} bytes")
    if stored.encoding not in {"", "gzip"}:
        raise PermanentLoadError(
            "unsupported_encoding", f"Content-Encoding {stored.content_encoding!r}"
        )
    return Content(stored, reader.read(stored.ref, MAX_OBJECT_BYTES))


class _Stream(io.RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _cut(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _PIECE_BYTES):
        yield content[start : start + _PIECE_BYTES]


def _skip_line(decoded: IO[bytes]) -> None:
    """Read to the end of the line."""
    while (rest := decoded.readline(_PIECE_BYTES)) and not rest.endswith(b"\n"):
        pass
