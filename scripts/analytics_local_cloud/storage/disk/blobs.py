"""Blob files: the bytes of each generation in a file of its own, whatever its object is called."""

import base64
import hashlib
import itertools
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import google_crc32c

CHUNK_BYTES = 256 * 1024
_MEMORY_BYTES = 256 * 1024


class IncomingBlob:
    """Bytes on their way in, hashed as they arrive; beyond 256 KiB they are kept at `path`.

    Paths are text where every write passes: a `Path` costs more than the system's own call.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._chunks: list[bytes] = []
        self._file: FileIO | None = None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0
        self.size = 0

    @property
    def md5(self) -> str:
        """The MD5 digest so far, in base64 as all APIs have it."""
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def md5_hex(self) -> str:
        """The MD5 digest so far, as entity tags have it."""
        return self._md5.hexdigest()

    @property
    def crc32c(self) -> str:
        """The CRC32C checksum so far, in base64, most significant byte first."""
        return base64.b64encode(self._crc32c.to_bytes(4, "big")).decode()

    def write(self, chunk: bytes) -> None:
        """Append `chunk`."""
        self._md5.update(chunk)
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        self.size += len(chunk)
        self._chunks.append(chunk)
        if self._file is not None or self.size > _MEMORY_BYTES:
            self._spill()

    def save(self, target: str) -> None:
        """Make the bytes durable at `target`."""
        with self._spill() as file:
            os.fsync(file.fileno())
        os.rename(self._path, target)  # noqa: PTH104 - see above
        self._file = None

    def close(self) -> None:
        """Forget what was not saved."""
        if self._file is not None:
            self._file.close()
            Path(self._path).unlink(missing_ok=True)

    def _spill(self) -> FileIO:
        if self._file is None:
            self._file = FileIO(self._path, "xb")
        for chunk in self._chunks:
            self._file.write(chunk)
        self._chunks.clear()
        return self._file


class Blobs:
    """The folder of blob files, and of those that are not yet complete."""

    def __init__(self, root: Path) -> None:
        self._saved = root / "blobs"
        self._incoming = root / "incoming"
        for folder in (self._saved, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count()

    def path(self, generation: int) -> Path:
        """Return the file of a generation."""
        return self._saved / str(generation)

    @contextmanager
    def incoming(self) -> Iterator[IncomingBlob]:
        """Yield a blob to write to; what was not saved at the end is forgotten."""
        blob = IncomingBlob(f"{self._incoming}/{next(self._numbers)}")
        try:
            yield blob
        finally:
            blob.close()

    def save(self, blob: IncomingBlob, generation: int) -> None:
        """Make the bytes of `blob` durable as that generation, but for its name: `sync`."""
        blob.save(f"{self._saved}/{generation}")

    def link(self, source: int, generation: int) -> None:
        """Give `generation` the same bytes as `source`; `sync` makes that durable."""
        self.path(generation).hardlink_to(self.path(source))

    def remove(self, generation: int) -> None:
        """Delete a generation that no object refers to any more."""
        self.path(generation).unlink(missing_ok=True)

    def clean(self, generations: Collection[int]) -> None:
        """Delete what a crash left behind: all but the blobs of `generations`."""
        kept = {str(generation) for generation in generations}
        for leftover in (*self._incoming.iterdir(), *self._saved.iterdir()):
            if leftover.parent == self._incoming or leftover.name not in kept:
                leftover.unlink()

    def sync(self) -> None:
        """Make the names of all saved blobs durable."""
        folder = os.open(self._saved, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
