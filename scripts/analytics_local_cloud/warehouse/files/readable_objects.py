"""Stored objects as an external table reads them.

A lone surrogate escape is JSON, but DuckDB refuses the whole file for it; here it reads as U+FFFD.
What BigQuery does with one is not documented; the stored object stays as it is.
"""

import re
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

from analytics_local_cloud.warehouse.files.stored_files import (
    ObjectReader,
    StoredFile,
    open_content,
)

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# An escaped backslash, a pair, and only then a surrogate that stands alone.
_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


@dataclass(frozen=True, slots=True)
class ReadableFile:
    """A stored object and a file with its bytes as DuckDB can read them."""

    uri: str
    path: Path
    size: int
    content_encoding: str | None


class ReadableObjects:
    """Wraps the reader of stored objects; `folder` holds the copies that had to be made."""

    def __init__(self, objects: ObjectReader, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._objects = objects
        self._folder = folder
        self._paths: dict[Path, Path] = {}  # blobs never change

    def expand(self, uri: str) -> list[StoredFile]:
        """Return the files that match `gs://bucket/name`, each readable by DuckDB."""
        return [
            ReadableFile(file.uri, self._readable(file.path), file.size, file.content_encoding)
            for file in self._objects.expand(uri)
        ]

    def _readable(self, path: Path) -> Path:
        if path not in self._paths:
            self._paths[path] = self._copy(path)
        return self._paths[path]

    def _copy(self, path: Path) -> Path:
        """Return a copy without lone surrogates, or the file itself if it has none."""
        try:
            with open_content(path) as file:
                content = file.read()
        except (OSError, EOFError, zlib.error):  # DuckDB will say what is wrong with it
            return path
        if not _SURROGATE.search(content):
            return path
        copy = self._folder / path.name
        copy.write_bytes(_ESCAPES.sub(lambda m: rb"\ufffd" if m["lone"] else m[0], content))
        return copy
