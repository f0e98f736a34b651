"""A file that is sent: read for its checksum first, then for each attempt, in small pieces."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import BinaryIO, Self

from analytics_commands.upload_file.upload_failures import FileChanged, UploadFailed

_PIECE_BYTES = 1024 * 1024


class Source:
    """One open file as it was when it was opened; `size` in bytes, `md5_digest` in base64."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._opened = _state(os.fstat(file.fileno()))
        self.size = os.fstat(file.fileno()).st_size
        self.md5_digest = self._compute_digest()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open the file and compute its checksum; raises UploadFailed, FileChanged."""
        try:
            file = path.open("rb", buffering=0)
        except OSError as exc:
            raise UploadFailed(_unreadable(exc)) from exc
        with file:
            yield cls(path, file)

    def read_from_start(self, advance: Callable[[int], None]) -> "Body":
        """Return the content once more; `advance` is told how many bytes were taken."""
        self._file.seek(0)
        return Body(self, advance)

    def read(self, length: int) -> bytes:
        """Return the next bytes, at most `length`; raises UploadFailed."""
        try:
            return self._file.read(min(length, _PIECE_BYTES)) or b""
        except OSError as exc:
            raise UploadFailed(_unreadable(exc)) from exc

    def check_unchanged(self) -> None:
        """Raise FileChanged when the file was written, replaced or deleted since it was opened."""
        try:
            states = {_state(os.fstat(self._file.fileno())), _state(self._path.stat())}
        except OSError:
            raise FileChanged("it was deleted while it was uploaded") from None
        if states != {self._opened}:
            raise FileChanged("it changed while it was uploaded")

    def _compute_digest(self) -> str:
        digest, length = md5(usedforsecurity=False), 0
        while piece := self.read(_PIECE_BYTES):
            digest.update(piece)
            length += len(piece)
        if length != self.size:
            raise FileChanged("it changed while it was read")
        return base64.b64encode(digest.digest()).decode()


class Body:
    """What an HTTP client sends: exactly the bytes whose number was announced.

    The last of them are given only while the file is unchanged, so that no mixture is stored.
    """

    def __init__(self, source: Source, advance: Callable[[int], None]) -> None:
        self._source = source
        self._advance = advance
        self._left = source.size

    def __len__(self) -> int:
        """Return what requests announces as Content-Length."""
        return self._source.size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces; requests streams only what has this."""
        while piece := self.read(_PIECE_BYTES):
            yield piece

    def read(self, length: int = _PIECE_BYTES) -> bytes:
        """Return the next bytes, none at the end; raises FileChanged, UploadFailed."""
        if not self._left:
            return b""
        piece = self._source.read(min(length, self._left))
        if not piece:
            raise FileChanged("it became shorter while it was uploaded")
        self._left -= len(piece)
        if not self._left:
            self._source.check_unchanged()
        self._advance(len(piece))
        return piece


def _state(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _unreadable(exc: OSError) -> str:
    return f"it cannot be read: {exc.strerror}"
