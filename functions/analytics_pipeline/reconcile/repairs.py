"""Use case: many objects become rows by one load job.

That is free of charge, and one of the 1,500 changes that a table may take in a day. Objects are
loaded whole, also when they lack but a few rows: the view `events` shows each event once.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.contents import Content, open_content
from analytics_pipeline.load.dead_letters import letter_for_line, letter_for_object
from analytics_pipeline.load.encoding import for_load_job
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError, RequestRejected
from analytics_pipeline.load.inserts import RowInserter, insert_letters
from analytics_pipeline.load.ports import ObjectReader, RowBulk, RowSink
from analytics_pipeline.load.rows import Reject, Row, read_rows
from analytics_pipeline.reconcile.shortfalls import Shortfall
from analytics_pipeline.stored_objects import StoredObject

_JOB_BYTES = 48_000_000  # of a load job's file, which is in memory on Cloud Run
_READERS = 16
_READ_AHEAD_BYTES = 32_000_000  # of objects, read side by side
_ROW_CODE = (
    *("load/rows.py", "load/column_values.py", "load/json_columns.py", "json_text.py"),
    "schemas/events_function.json",
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


class Repairer:
    """Loads objects that lack rows; `clock` returns the time in UTC.

    `log` is told of objects that could not be loaded, as analytics_pipeline.logs.write is: none
    of them is in the way of the others.
    """

    def __init__(
        self,
        reader: ObjectReader,
        sink: RowSink,
        bulk: RowBulk,
        clock: Callable[[], datetime],
        log: Callable[..., None] = logs.write,
    ) -> None:
        self._reader = reader
        self._sink = sink
        self._bulk = bulk
        self._clock = clock
        self._log = log

    def repair(self, shortfall: Shortfall) -> Iterator[RepairCounts]:
        """Load the objects; yields after every load job, which is where to stop."""
        contents = self._contents(shortfall.objects)
        is_over = False
        while not is_over:
            with tempfile.TemporaryFile() as file:
                job = _Job(file)
                is_over = self._fill(job, contents)
                self._run(job, shortfall.seen_at)
            yield job.counts

    def _contents(self, objects: Sequence[StoredObject]) -> Iterator[Content | RepairCounts]:
        """Yield what is in each object, or what became of one that cannot be read now."""
        with ThreadPoolExecutor(_READERS) as readers:
            for window in _windows(objects):
                yield from readers.map(self._read, window)

    def _read(self, stored: StoredObject) -> Content | RepairCounts:
        uri = stored.ref.uri
        try:
            return open_content(self._reader, stored)
        except ObjectGone:
            self._log("object_gone", object=uri, generation=stored.ref.generation)
        except PermanentLoadError as exc:
            return self._letter(stored, exc)
        except TransientError as exc:
            return self._fail(stored, exc)
        return RepairCounts()

    def _letter(self, stored: StoredObject, error: PermanentLoadError) -> RepairCounts:
        """Letter an object as a whole."""
        try:
            insert_letters(self._sink, [letter_for_object(stored, error, self._clock())])
        except TransientError as exc:
            return self._fail(stored, exc)
        self._log("object_dead_lettered", object=stored.ref.uri, reason=error.reason)
        return RepairCounts(objects=1, dead_letters=1)

    def _fail(self, stored: StoredObject, error: TransientError) -> RepairCounts:
        self._log("repair_failed", object=stored.ref.uri, detail=str(error))
        return RepairCounts(failed=1)

    def _fill(self, job: "_Job", contents: Iterator[Content | RepairCounts]) -> bool:
        """Write rows until there are enough for a load job; returns whether that was all."""
        for content in contents:
            if isinstance(content, RepairCounts):
                job.settled += content
                continue
            job.objects.append(content.stored)
            job.made += self._take_apart(content, job.write)
            if job.is_full:
                return False
        return True

    def _take_apart(
        self, content: Content, take: Callable[[Iterator[Row | Reject]], Iterator[Reject]]
    ) -> RepairCounts:
        """Let `take` have the rows, and letter its rejects; one whose letters fail is named."""
        stored, now = content.stored, self._clock()
        lines = _Counted(read_rows(content, inserted=now))
        try:
            letters = insert_letters(
                self._sink, (letter_for_line(stored, reject, now) for reject in take(lines))
            )
        except TransientError as exc:
            return self._fail(stored, exc)
        counts = RepairCounts(objects=1, rows=lines.count - letters, dead_letters=letters)
        said = 1 if stored.event_count is None else stored.event_count
        if lines.count < said:  # loading it again would not help
            detail = f"{lines.count} of {said} events are in it"
            error = PermanentLoadError("events_missing", detail)
            counts += replace(self._letter(stored, error), objects=0)
        return counts

    def _run(self, job: "_Job", seen_at: datetime) -> None:
        """Load the file; rows that BigQuery refuses are found by streaming them."""
        if not job.made.rows:
            return
        job.settled += RepairCounts(load_jobs=1)
        try:
            self._bulk.load_rows(job.file, job.id, seen_at)
        except RequestRejected:
            job.made = RepairCounts()
            for content in self._contents(job.objects):
                job.made += content if isinstance(content, RepairCounts) else self._stream(content)
        except TransientError as exc:
            job.made = sum((self._fail(stored, exc) for stored in job.objects), RepairCounts())

    def _stream(self, content: Content) -> RepairCounts:
        return self._take_apart(content, RowInserter(self._sink, lambda: self._bulk).insert)


class _Job:
    """A load job in the making."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.objects: list[StoredObject] = []
        self.made = RepairCounts()  # of the objects in the file
        self.settled = RepairCounts()  # beside it

    @property
    def counts(self) -> RepairCounts:
        return self.made + self.settled

    @property
    def is_full(self) -> bool:
        return self.file.tell() >= _JOB_BYTES

    @property
    def id(self) -> str:
        """What these objects are, as they are, made into rows by this code."""
        versions = sorted(f"{stored.ref.uri}#{stored.ref.generation}" for stored in self.objects)
        digest = sha256("\n".join([_row_code(), *versions]).encode()).hexdigest()
        return f"load-objects-{digest[:40]}"

    def write(self, lines: Iterator[Row | Reject]) -> Iterator[Reject]:
        """Write the rows into the file; yields the rejects."""
        for line in lines:
            if isinstance(line, Reject):
                yield line
            else:
                self.file.write(for_load_job(line.values))


class _Counted(Iterator[Row | Reject]):
    """Lines, and how many of them were taken."""

    def __init__(self, lines: Iterator[Row | Reject]) -> None:
        self._lines = lines
        self.count = 0

    def __next__(self) -> Row | Reject:
        line = next(self._lines)
        self.count += 1
        return line


def _windows(objects: Sequence[StoredObject]) -> Iterator[list[StoredObject]]:
    """Yield the objects in as many as are read side by side."""
    window: list[StoredObject] = []
    size = 0
    for stored in objects:
        if window and (len(window) == _READERS or size + stored.size > _READ_AHEAD_BYTES):
            yield window
            window, size = [], 0
        window.append(stored)
        size += stored.size
    if window:
        yield window


@cache
def _row_code() -> str:
    """Return a digest of all that decides how a line becomes a row."""
    package = Path(__file__).parents[1]
    return sha256(b"".join((package / name).read_bytes() for name in _ROW_CODE)).hexdigest()
