"""Use case: many objects become rows by one load job.

That is free of charge, and one of the 1,500 changes that a table may take in a day. Objects are
loaded whole, also when they lack but a few rows: the view `events` shows each event once.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.contents import Content, open_content
from analytics_pipeline.load.dead_letters import letter_for_line, letter_for_object
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError, RequestRejected
from analytics_pipeline.load.inserts import RowInserter, insert_letters
from analytics_pipeline.load.ports import ObjectReader, RowBulk, RowSink
from analytics_pipeline.load.row_reader import read_rows
from analytics_pipeline.load.rows import Reject, Row
from analytics_pipeline.reconcile.repair_jobs import LoadJob, RepairCounts
from analytics_pipeline.stored_objects import StoredObject

_READERS = 96
_READ_AHEAD_BYTES = 32_000_000  # of objects, read side by side


class Repairer:
    """Loads objects that lack rows; `clock` returns the time in UTC.

    `log` is told what became of each object, as analytics_pipeline.logs.write is: one that could
    not be loaded is in nobody's way.
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

    def repair(self, objects: Iterable[StoredObject], seen_at: datetime) -> Iterator[RepairCounts]:
        """Load the objects, seen to lack rows at that time.

        Yields what was done after every load job, which is where to stop.
        """
        contents = self._contents(objects)
        is_over = False
        while not is_over:
            with tempfile.TemporaryFile() as file:
                job = LoadJob(file)
                is_over = self._fill(job, contents)
                counts = job.settled + self._run(job, seen_at)
            yield counts

    def _contents(self, objects: Iterable[StoredObject]) -> Iterator[Content | RepairCounts]:
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

    def _fill(self, job: LoadJob, contents: Iterator[Content | RepairCounts]) -> bool:
        """Write rows until there are enough for a load job; returns whether that was all."""
        for content in contents:
            if isinstance(content, RepairCounts):
                job.settled += content
                continue
            counts = self._take_apart(content, job.write)
            job.objects.append((content.stored, counts))
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

    def _run(self, job: LoadJob, seen_at: datetime) -> RepairCounts:
        """Load the file; rows that BigQuery refuses are found by streaming them."""
        made = job.made
        if not made.rows:
            return self._told(job.objects)
        job.close()
        ran = RepairCounts(load_jobs=1)
        try:
            self._bulk.load_rows(job.file, job.id, seen_at)
        except RequestRejected:
            return ran + self._stream_all([stored for stored, _ in job.objects])
        except TransientError as exc:
            return sum((self._fail(stored, exc) for stored, _ in job.objects), ran)
        return ran + self._told(job.objects)

    def _stream_all(self, objects: Sequence[StoredObject]) -> RepairCounts:
        done = RepairCounts()
        for content in self._contents(objects):
            if isinstance(content, RepairCounts):
                done += content
            else:
                insert = RowInserter(self._sink, lambda: self._bulk).insert
                done += self._told([(content.stored, self._take_apart(content, insert))])
        return done

    def _told(self, objects: Iterable[tuple[StoredObject, RepairCounts]]) -> RepairCounts:
        """Give each object that is loaded its receipt; returns what was done, in all."""
        done = RepairCounts()
        for stored, counts in objects:
            done += counts
            if not counts.failed:
                uri, rows, letters = stored.ref.uri, counts.rows, counts.dead_letters
                self._log("object_loaded", object=uri, rows=rows, dead_letters=letters)
        return done


class _Counted(Iterator[Row | Reject]):
    """Lines, and how many of them were taken."""

    def __init__(self, lines: Iterator[Row | Reject]) -> None:
        self._lines = lines
        self.count = 0

    def __next__(self) -> Row | Reject:
        line = next(self._lines)
        self.count += 1
        return line


def _windows(objects: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
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
