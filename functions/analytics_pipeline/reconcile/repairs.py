"""Use case: many objects become rows by one load job.

That is free of charge, and one of the 1,500 changes that a table may take in a day. Objects are
loaded whole, also when they lack but a few rows: the view `events` shows each event once.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

from analytics_pipeline import logs
from analytics_pipeline.load.dead_letters import DeadLetter, letter_for_line, letter_for_object
from analytics_pipeline.load.failures import PermanentLoadError, RequestRejected
from analytics_pipeline.load.object_rows import (
    Candidate,
    check_complete,
    insert_candidates,
    make_candidates,
)
from analytics_pipeline.load.ports import ObjectReader, RowSink
from analytics_pipeline.load.rows import LineContext, Reject
from analytics_pipeline.reconcile.bulk_reading import BulkReader, Contents
from analytics_pipeline.reconcile.ports import RowBulk
from analytics_pipeline.reconcile.shortfalls import Shortfall
from analytics_pipeline.stored_objects import StoredObject, position_of

MAX_BYTES_PER_JOB = 32_000_000  # of objects, all of which are in memory at once
_ROW_CODE = (
    *("load/rows.py", "load/column_values.py", "load/json_columns.py", "load/json_numbers.py"),
    "json_text.py",
    "schemas/events_function.json",
)


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done: counts of objects, rows and dead letters; what is gone counts as nothing."""

    objects: int = 0
    rows: int = 0
    dead_letters: int = 0
    load_jobs: int = 0

    def __add__(self, other: "Repair") -> "Repair":
        """Return what both did together."""
        return Repair(
            self.objects + other.objects,
            self.rows + other.rows,
            self.dead_letters + other.dead_letters,
            self.load_jobs + other.load_jobs,
        )


class Repairer:
    """Loads objects that lack rows; `clock` returns the time in UTC.

    `log` is told of objects that could not be loaded, as analytics_pipeline.logs.write is.
    """

    def __init__(
        self,
        reader: ObjectReader,
        sink: RowSink,
        bulk: RowBulk,
        clock: Callable[[], datetime],
        log: Callable[..., None] = logs.write,
    ) -> None:
        self._reader = BulkReader(reader, log)
        self._sink = sink
        self._bulk = bulk
        self._clock = clock

    def repair(self, shortfall: Shortfall) -> Iterator[Repair]:
        """Load the objects; yields after every load job, which is where to stop.

        Raises TransientError, having done what was yielded.
        """
        for objects in _groups(shortfall.objects):
            yield self._load(objects, shortfall.seen_at)

    def _load(self, objects: Sequence[StoredObject], seen_at: datetime) -> Repair:
        """Load rows, or find those that BigQuery refuses by streaming them; write the letters."""
        now = self._clock()
        contents = self._reader.read(objects, now)
        rejects: list[DeadLetter] = []
        with tempfile.TemporaryFile() as file:
            rows = self._write_rows(file, contents, now, rejects)
            load_jobs = int(rows > 0)
            if load_jobs:
                try:
                    self._bulk.load_rows(file, _job_id(contents), seen_at)
                except RequestRejected:
                    rows, rejects = self._stream(contents, now)
                except PermanentLoadError as exc:
                    rows = 0
                    rejects = [letter_for_object(stored, exc, now) for stored, _ in contents.read]
        letters = [*contents.letters, *rejects]
        if letters:
            self._sink.insert_dead_letters(letters)
        done = len(contents.read) + len(contents.letters)
        return Repair(done, rows, len(letters), load_jobs)

    def _write_rows(
        self, file: IO[bytes], contents: Contents, now: datetime, rejects: list[DeadLetter]
    ) -> int:
        """Write the rows and return their number; what makes none joins `rejects`."""
        rows = 0
        for stored, content in contents.read:
            for candidate in _candidates(stored, content, now, rejects):
                file.write(self._bulk.encode(candidate.row))
                rows += 1
        return rows

    def _stream(self, contents: Contents, now: datetime) -> tuple[int, list[DeadLetter]]:
        """Insert the rows; returns their number, and letters of what is none."""
        rows, rejects = 0, list[DeadLetter]()
        for stored, content in contents.read:
            refused: list[Reject] = []
            candidates = _candidates(stored, content, now, rejects)
            rows += insert_candidates(self._sink, candidates, refused)
            rejects += [letter_for_line(stored, reject, now) for reject in refused]
        return rows, rejects


def _candidates(
    stored: StoredObject, content: bytes, now: datetime, rejects: list[DeadLetter]
) -> Iterator[Candidate]:
    """Yield a candidate for each line that makes a row; letters of the rest join `rejects`."""
    refused: list[Reject] = []
    positions: set[str] = set()
    for candidate in make_candidates(content, LineContext.of(stored, inserted=now), refused):
        positions.add(position_of(str(candidate.row.values["event_id"])))
        yield candidate
    positions.update(str(reject.line - 1) for reject in refused)
    rejects += [letter_for_line(stored, reject, now) for reject in refused]
    try:
        check_complete(stored, positions)
    except PermanentLoadError as exc:
        rejects.append(letter_for_object(stored, exc, now))


def _groups(objects: Sequence[StoredObject]) -> Iterator[list[StoredObject]]:
    """Yield the objects in as many as one load job takes."""
    group: list[StoredObject] = []
    size = 0
    for stored in objects:
        if group and size + stored.size > MAX_BYTES_PER_JOB:
            yield group
            group, size = [], 0
        group.append(stored)
        size += stored.size
    if group:
        yield group


def _job_id(contents: Contents) -> str:
    """Return an id for these objects, as they are, made into rows by this code."""
    versions = sorted(f"{stored.ref.uri}#{stored.ref.generation}" for stored, _ in contents.read)
    digest = sha256("\n".join([_row_code(), *versions]).encode()).hexdigest()
    return f"load-objects-{digest[:40]}"


@cache
def _row_code() -> str:
    """Return a digest of all that decides how a line becomes a row."""
    package = Path(__file__).parents[1]
    return sha256(b"".join((package / name).read_bytes() for name in _ROW_CODE)).hexdigest()
