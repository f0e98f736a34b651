"""What the warehouse needs of Cloud Storage: files that match a `gs://` pattern."""

import codecs
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from analytics_local_cloud.warehouse.api_errors import ApiError

_GZIP_MAGIC = b"\x1f\x8b"
_JSON_SPACE = b" \t\r\n"


class StoredFile(Protocol):
    """A stored object and the local file that holds its bytes."""

    @property
    def uri(self) -> str:
        """`gs://bucket/name`."""

    @property
    def path(self) -> Path:
        """The file with the object's bytes."""

    @property
    def size(self) -> int:
        """Bytes as stored."""

    @property
    def content_encoding(self) -> str | None:
        """The object's `Content-Encoding`, if any."""


class ObjectReader(Protocol):
    """Cloud Storage as load jobs and external tables see it."""

    def expand(self, uri: str) -> Sequence[StoredFile]:
        """Return the objects matching `gs://bucket/name` with at most one `*`, by name."""


def is_gzip(path: Path) -> bool:
    """Tell by content, as BigQuery does, whether an object is compressed."""
    with path.open("rb") as content:
        return content.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC


@contextmanager
def open_content(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, decompressed if it is gzip; raises `ApiError` for a broken one."""
    with path.open("rb") as raw:
        if raw.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
            try:
                with gzip.GzipFile(fileobj=raw) as content:
                    yield cast("BinaryIO", content)
            except (gzip.BadGzipFile, EOFError, zlib.error) as exc:
                text = f"Error while reading data, error message: gzip: {exc}"
                raise ApiError("invalid", text) from exc
        else:
            yield raw


def json_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of an NDJSON file that are not blank, counted from 1; raises `ApiError`."""
    with open_content(path) as content:
        for number, line in enumerate(content, 1):
            text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if text.strip(_JSON_SPACE):
                yield number, text
