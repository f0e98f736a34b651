"""Stored objects as an external table reads them: no more of JSON than a load job takes.

DuckDB takes NaN, trailing commas and other white space for JSON, looks at no checksum of gzip, and
knows not all of its forms. A lone surrogate escape is JSON, but DuckDB refuses the whole file for
it; here it reads as U+FFFD. What BigQuery does with one is not documented; the stored object stays
as it is.
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.files.stored_files import (
    ObjectReader,
    StoredFile,
    is_gzip,
    json_lines,
)

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# An escaped backslash, a pair, and only then a surrogate that stands alone.
_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


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

    def readable(self, file: StoredFile) -> Path:
        """Return a file with an NDJSON object's content that DuckDB can read.

        Raises `ApiError` (invalid) for a line that is not a JSON object, and for broken gzip.
        """
        path = file.path
        if path not in self._paths:
            self._paths[path] = self._copy(path, file.uri)
        return self._paths[path]

    def _copy(self, path: Path, uri: str) -> Path:
        """Return a plain copy without lone surrogates, or the file itself if it is one."""
        is_same = not is_gzip(path)
        for number, line in json_lines(path):
            text = _without_lone_surrogates(line)
            _check(text, f"{uri} line {number}")
            is_same = is_same and text == line
        if is_same:
            return path
        copy = self._folder / path.name
        with copy.open("wb") as content:
            content.writelines(_without_lone_surrogates(line) for _, line in json_lines(path))
        return copy


def _without_lone_surrogates(line: bytes) -> bytes:
    if not _SURROGATE.search(line):
        return line
    return _ESCAPES.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], line)


def _check(line: bytes, place: str) -> None:
    try:
        line.decode()
        _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        text = f"Error while reading data, error message: JSON parsing error in row: {exc}"
        raise ApiError("invalid", text, place) from exc
