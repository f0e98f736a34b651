"""Reads stored objects whole, to be written again byte for byte but for some lines."""

import threading
from contextlib import nullcontext
from dataclasses import dataclass

from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.load.contents import MAX_OBJECT_BYTES
from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.load.ports import ObjectReader
from analytics_pipeline.stored_objects import StoredObject

_KNOWN = {"", "gzip"}
_GZIP_MAGIC = b"\x1f\x8b"
_LARGE_BYTES = 8_000_000  # one at a time, so that memory stays flat


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an object holds, and whether it is stored as gzip."""

    content: bytes
    is_gzip: bool


class Contents:
    """Decoded contents, for several threads."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader
        self._one_large = threading.Lock()

    def read(self, stored: StoredObject) -> Decoded:
        """Return what is in exactly that generation, whatever its metadata says of it.

        Unlike open_content it keeps every byte, and minds neither a wrong MD5 nor many lines.
        Raises PermanentLoadError for what cannot be decoded, ObjectGone, or TransientError.
        """
        if stored.encoding not in _KNOWN:
            raise PermanentLoadError("unsupported_encoding", stored.content_encoding)
        with self._one_large if stored.size > _LARGE_BYTES else nullcontext():
            raw = self._reader.read(stored.ref, MAX_OBJECT_BYTES)
            if raw.startswith(_GZIP_MAGIC):
                return Decoded(_gunzip(raw), is_gzip=True)
            return Decoded(raw, is_gzip=False)


def _gunzip(raw: bytes) -> bytes:
    gunzip, decoded = Gunzip(), bytearray()
    try:
        for piece in gunzip.decode(raw):
            decoded += piece
            if len(decoded) > MAX_OBJECT_BYTES:
                raise PermanentLoadError("object_too_large", "the decoded content")
        gunzip.finish()
    except CorruptGzip as exc:
        raise PermanentLoadError("corrupt_gzip", str(exc)) from exc
    return bytes(decoded)
