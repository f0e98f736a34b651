"""Stored objects as an external table reads them.

A lone surrogate escape is JSON, but DuckDB refuses the whole file for it; here it reads as U+FFFD.
What BigQuery does with one is not documented; the stored object stays as it is.
"""

import re
import shutil
import zlib
from collections.abc import Sequence
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


class ReadableObjects:
    """Wraps the reader of stored objects; `folder` holds the copies that had to be made."""

    def __init__(self, objects: ObjectReader, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._objects = objects
        self._folder = folder
        self._paths: dict[Path, Path] = {}  # blobs never change

    def expand(self, uri: str) -> Sequence[StoredFile]:
        """Return the objects that match `gs://bucket/name`, as they are stored."""
        return self._objects.expand(uri)

    def readable(self, path: Path) -> Path:
        """Return a file with the object's content that DuckDB can read."""
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
