"""Pure: gzip decoded piece by piece, so that a small body cannot become a large one unseen."""

import zlib
from collections.abc import Iterator

_GZIP = 16 + zlib.MAX_WBITS
_PIECE_BYTES = 256 * 1024


class CorruptGzip(ValueError):
    """The bytes are not gzip, or end within it."""


class Gunzip:
    """Decodes a stream of gzip members (RFC 1952)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds to the output, in pieces of bounded size; raises CorruptGzip."""
        pending = bool(data)
        while pending:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                piece = self._member.decompress(data, _PIECE_BYTES)
            except zlib.error as exc:
                raise CorruptGzip("not gzip") from exc
            ended = self._member.eof
            data = self._member.unused_data if ended else self._member.unconsumed_tail
            pending = bool(data) or (len(piece) == _PIECE_BYTES and not ended)
            yield piece

    def finish(self) -> None:
        """Raise CorruptGzip unless the last member has ended."""
        if not self._member.eof:
            raise CorruptGzip("gzip cut short")
