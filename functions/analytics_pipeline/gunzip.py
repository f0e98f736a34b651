"""Pure: gzip decoded piece by piece, so that a small body cannot become a large one unseen."""

import zlib
from collections.abc import Iterator

MAGIC = b"\x1f\x8b"
MAX_MEMBERS = 2000  # blocks of 64 KB are a usual form of gzip; each costs the work of a start
_GZIP = 16 + zlib.MAX_WBITS
_WINDOW_BYTES = 64 * 1024
_PIECE_BYTES = 256 * 1024


class CorruptGzip(ValueError):
    """The bytes are not gzip, end within it, or are more members than anybody needs."""


class Gunzip:
    """Decodes a stream of gzip members (RFC 1952); zero padding after a member is ignored.

    Only the last member may be empty, and there are at most MAX_MEMBERS: 10 MB of empty ones would
    cost seconds and decode to nothing.
    """

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._members = 1
        self._is_empty = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds to the output, in pieces of bounded size; raises CorruptGzip."""
        for at in range(0, len(data), _WINDOW_BYTES):  # zlib copies what it leaves for later
            yield from self._decode(data[at : at + _WINDOW_BYTES])

    def finish(self) -> None:
        """Raise CorruptGzip unless the last member has ended."""
        if not self._member.eof:
            raise CorruptGzip("gzip cut short")

    def _decode(self, data: bytes) -> Iterator[bytes]:
        pending = True
        while pending:
            if self._member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._begin_member()
            try:
                piece = self._member.decompress(data, _PIECE_BYTES)
            except zlib.error as exc:
                raise CorruptGzip("not gzip") from exc
            ended = self._member.eof
            data = self._member.unused_data if ended else self._member.unconsumed_tail
            pending = bool(data) or (len(piece) == _PIECE_BYTES and not ended)
            self._is_empty = self._is_empty and not piece
            yield piece

    def _begin_member(self) -> None:
        if self._is_empty:
            raise CorruptGzip("gzip with an empty member before others")
        if self._members == MAX_MEMBERS:
            raise CorruptGzip(f"gzip of more than {MAX_MEMBERS} members")
        self._member = zlib.decompressobj(_GZIP)
        self._members += 1
        self._is_empty = True
