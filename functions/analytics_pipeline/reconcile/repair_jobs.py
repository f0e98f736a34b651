"""A load job in the making: which objects are in it, and what has been done."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from gzip import GzipFile
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from analytics_pipeline.load.encoding import for_load_job
from analytics_pipeline.load.rows import Reject, Row

if TYPE_CHECKING:
    from analytics_pipeline.stored_objects import StoredObject

# Of a load job: its file, which is in memory on Cloud Run, what is in it, and of how many objects.
_FILE_BYTES, _ROW_BYTES, _OBJECTS = 48_000_000, 500_000_000, 60_000
_ROW_CODE = (
    *("load/rows.py", "load/row_reader.py", "load/column_values.py"),
    *("load/json_columns.py", "load/json_nesting.py", "load/json_numbers.py"),
    *(
        *("json_text.py", "clock.py", "time_texts.py", "event_ids.py"),
        "object_names.py",
        "stored_objects.py",
        "schemas/events_function.json",
    ),
)


@dataclass(frozen=True, slots=True)
class RepairCounts:
    """What was done, counted; `failed` objects are left to another run, what is gone counts not."""

    objects: int = 0
    rows: int = 0
    dead_letters: int = 0
    load_jobs: int = 0
    failed: int = 0

    def __add__(self, other: "RepairCounts") -> "RepairCounts":
        """Return what both did together."""
        return RepairCounts(
            self.objects + other.objects,
            self.rows + other.rows,
            self.dead_letters + other.dead_letters,
            self.load_jobs + other.load_jobs,
            self.failed + other.failed,
        )


class LoadJob:
    """The rows of some objects in a file, gzip, and counts of what became of them.

    BigQuery takes 1,500 load jobs a day for a table: each carries as much as it can.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.objects: list[tuple[StoredObject, RepairCounts]] = []
        self.settled = RepairCounts()  # beside the objects in the file
        self._rows = GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0)

    @property
    def made(self) -> RepairCounts:
        """What is in the file, counted."""
        return sum((counts for _, counts in self.objects), RepairCounts())

    @property
    def is_full(self) -> bool:
        """Whether it is time to load the file."""
        return (
            len(self.objects) >= _OBJECTS
            or self._rows.tell() >= _ROW_BYTES
            or self.file.tell() >= _FILE_BYTES
        )

    def close(self) -> None:
        """End the file, so that it can be loaded."""
        self._rows.close()

    @property
    def id(self) -> str:
        """What these objects are, as they are, made into rows by this code."""
        versions = sorted(f"{stored.ref.uri}#{stored.ref.generation}" for stored, _ in self.objects)
        digest = sha256("\n".join([_row_code(), *versions]).encode()).hexdigest()
        return f"load-objects-{digest[:40]}"

    def write(self, lines: Iterator[Row | Reject]) -> Iterator[Reject]:
        """Write the rows into the file; yields the rejects."""
        for line in lines:
            if isinstance(line, Reject):
                yield line
            else:
                self._rows.write(for_load_job(line.values))


@cache
def _row_code() -> str:
    """Return a digest of all that decides how a line becomes a row."""
    package = Path(__file__).parents[1]
    return sha256(b"".join((package / name).read_bytes() for name in _ROW_CODE)).hexdigest()
