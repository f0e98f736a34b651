"""Files of lines that processes append to, each read on from where it was left.

A row's insert id says in which file its line begins, and where. So whoever has the rows knows how
far each file was read, whenever the reader was killed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any

_BATCH_LINES = 500
_LINE_BYTES = 256 * 1024  # Cloud Logging takes no longer ones
NAME_DIGITS = 16
INSERT_ID = f"^[0-9a-f]{{{NAME_DIGITS}}}[0-9]{{16}}$"

ReadRow = Callable[[bytes], dict[str, Any] | None]
"""Makes a row of a line, None of a line that is not kept."""


@dataclass(frozen=True)
class Batch:
    """Lines of a file: the rows they become, where they end, and the bytes of the last one.

    `name` identifies the file; it is empty before the first row.
    """

    name: str
    rows: list[dict[str, Any]]
    end: int
    last: bytes


class LogFile:
    """A file at a path, known by its first row: it may be renamed, copied, emptied, replaced."""

    def __init__(self, path: Path, read_row: ReadRow) -> None:
        self._path, self._read_row = path, read_row
        self._ended: tuple[int, ...] = ()
        self._continue = Batch("", [], 0, b"")

    def next_batch(self, places: Mapping[str, int]) -> Batch | None:
        """Return the lines after those that were accepted; None if no more are whole.

        `places` is where the last line begins that became a row, by the name of its file. Raises
        OSError.
        """
        status = self._path.stat()
        version = (status.st_ino, status.st_size, status.st_mtime_ns)
        if version == self._ended:
            return None
        with self._path.open("rb") as file:
            if not self._is_continued(file):
                self._continue = Batch("", [], 0, b"")
                file.seek(0)
            lines = list(islice(_whole_lines(file), _BATCH_LINES))
        if lines:
            return self._make_batch(lines, places)
        self._ended = version
        return None

    def accept(self, batch: Batch) -> None:
        """Go on after the batch from now on."""
        self._continue = batch

    def _is_continued(self, file: IO[bytes]) -> bool:
        """Return whether the last line is where it was; `file` is at its end then."""
        last = self._continue.last
        file.seek(self._continue.end - len(last))
        return file.read(len(last)) == last

    def _make_batch(self, lines: list[bytes], places: Mapping[str, int]) -> Batch:
        name, position = self._continue.name, self._continue.end
        rows = []
        for line in lines:
            if (row := self._read_row(line)) is not None:
                name = name or sha256(line).hexdigest()[:NAME_DIGITS]
                if position > places.get(name, -1):
                    rows.append({"insertId": f"{name}{position:016d}", **row})
            position += len(line)
        written = places.get(name, -1)
        if written > position:  # it was read before, at this path or another
            return Batch(name, rows, written, b"")
        return Batch(name, rows, position, lines[-1])


def parse_insert_id(insert_id: str) -> tuple[str, int]:
    """Return the name of the file, and where in it the line begins."""
    return insert_id[:NAME_DIGITS], int(insert_id[NAME_DIGITS:])


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield lines up to one that is still being written; what is too long comes in pieces."""
    while (line := file.readline(_LINE_BYTES)).endswith(b"\n") or len(line) == _LINE_BYTES:
        yield line
