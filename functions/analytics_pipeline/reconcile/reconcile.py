"""Use case: on a schedule, what delivery gave up on is loaded after all, without a human.

A run asks the receipts which accepted objects were not loaded; the nightly one looks at the bucket
besides. What it leaves, for want of time or because it failed, it finds again in the next run.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Annotated

import msgspec

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef, parse_uri
from analytics_pipeline.reconcile.ports import (
    BucketCheck,
    ObjectFinder,
    OutOfTime,
    ReceiptReader,
    RepeatSweeper,
)
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.stored_objects import Selection, StoredObject

# The table takes 1,500 load jobs a day, from people's commands, too: 50 runs make 1,000.
MAX_LOAD_JOBS_PER_RUN = 20
_COUNTED = 5_000  # objects that one query is about
_FINDERS = 96
# The bucket is looked at for the last day, and for what had not settled when the last night began;
# repeated events for two days: neighbouring ones.
_CHECKED, _SWEPT = timedelta(hours=26), timedelta(days=2)
_LISTING = 2 / 3  # of the time; the rest is for loading what lacks rows


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a scheduled call.

    `days` is how far back to look, `settle_minutes` how long delivery is waited for. After
    `budget_minutes` no further object or load job is begun. With `list_bucket`, the bucket is
    asked, too, what it holds of the last day; with `remove_repeated`, events that the view shows
    on two neighbouring days lose their later copies.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 8
    settle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 15
    budget_minutes: Annotated[int, msgspec.Meta(ge=0, le=25)] = 8
    list_bucket: bool = False
    remove_repeated: bool = False


class Reconcile:
    """Serves scheduled calls; `clock` returns the time in UTC."""

    def __init__(
        self,
        receipts: ReceiptReader,
        bucket: BucketCheck,
        finder: ObjectFinder,
        repairer: Repairer,
        sweeper: RepeatSweeper,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._receipts = receipts
        self._bucket = bucket
        self._finder = finder
        self._repairer = repairer
        self._sweeper = sweeper
        self._clock = clock

    def handle(self, body: bytes) -> tuple[dict[str, object], int]:
        """Do one run; returns a JSON answer and its HTTP status, an error asking for another."""
        try:
            schedule = msgspec.json.decode(body or b"{}", type=Schedule)
        except msgspec.DecodeError as exc:
            return {"code": 400, "reason": "invalid_body", "message": str(exc)}, 400
        now = self._clock()
        until = now - timedelta(minutes=schedule.settle_minutes)
        run = _Run(schedule, now)
        if schedule.remove_repeated:
            self._sweep(Selection(now - _SWEPT, until), run)
        accepted = Selection(now - timedelta(days=schedule.days), until)
        self._repair(self._unloaded(accepted, run), run)
        if schedule.list_bucket:
            checked = Selection(now - _CHECKED, until)
            self._repair(self._bucket.lacking(now.date(), checked, run.is_late), run)
        return run.answer()

    def _sweep(self, selection: Selection, run: "_Run") -> None:
        try:
            logs.write("rows_repeated_removed", rows=self._sweeper.remove(selection))
        except TransientError as exc:
            run.fail(exc)

    def _unloaded(self, selection: Selection, run: "_Run") -> Iterator[ObjectRef]:
        """Yield what has neither a receipt nor rows; what has rows alone gets its receipt."""
        unloaded = self._receipts.unloaded(selection)
        while objects := list(islice(unloaded, _COUNTED)):
            run.oldest = objects[0].oldest
            settled = self._receipts.settled(objects)
            for each in objects:
                if each.gcs_uri not in settled:
                    yield ObjectRef(*parse_uri(each.gcs_uri), generation="")
                else:
                    rows = each.event_count
                    logs.write("object_loaded", object=each.gcs_uri, rows=rows, dead_letters=0)

    def _repair(self, refs: Iterator[ObjectRef], run: "_Run") -> None:
        """Load the objects, for as long as there is time; what fails is in nobody's way."""
        found = self._find_all(run.taken(refs), run)
        for counts in self._repairer.repair(found, run.began):
            run.counts += counts
            if run.is_over():
                run.is_complete = False
                return

    def _find_all(self, refs: Iterator[ObjectRef], run: "_Run") -> Iterator[StoredObject]:
        with ThreadPoolExecutor(_FINDERS) as finders:
            while some := list(islice(refs, 20 * _FINDERS)):
                for found in finders.map(self._find, some):
                    if isinstance(found, StoredObject):
                        yield found
                    else:
                        run.counts += found

    def _find(self, ref: ObjectRef) -> StoredObject | RepairCounts:
        """Return the object, or what became of one that is not found."""
        try:
            found = self._finder.find(ref)
        except TransientError as exc:
            logs.write("repair_failed", object=ref.uri, detail=str(exc))
            return RepairCounts(failed=1)
        if found is None:
            logs.write("object_gone", object=ref.uri, generation=ref.generation)
        return found or RepairCounts()


class _Run:
    """One run: what it did, and whether it may go on."""

    def __init__(self, schedule: Schedule, began: datetime) -> None:
        self.began = began
        self.oldest = began  # of what had no receipt, when it was received
        self.counts = RepairCounts()
        self.is_complete = True
        seconds = 60 * schedule.budget_minutes
        self._deadline = time.monotonic() + seconds
        self._late = time.monotonic() + _LISTING * seconds

    def is_over(self) -> bool:
        """Return whether the run's share of time or load jobs is used up."""
        return time.monotonic() > self._deadline or self.counts.load_jobs >= MAX_LOAD_JOBS_PER_RUN

    def is_late(self) -> bool:
        """Return whether what is left of the run's time is for loading."""
        return time.monotonic() > self._late

    def taken(self, refs: Iterator[ObjectRef]) -> Iterator[ObjectRef]:
        """Yield the objects until the run is over, or finding them fails."""
        try:
            yield from takewhile(self._has_time, refs)
        except OutOfTime:
            self.is_complete = False
        except TransientError as exc:
            self.fail(exc)

    def _has_time(self, _ref: ObjectRef) -> bool:
        """Return whether there is time for one object more; else it is left to the next run."""
        is_over = self.is_over()
        self.is_complete = self.is_complete and not is_over
        return not is_over

    def fail(self, error: TransientError) -> None:
        """Put on record what could not be done."""
        self.is_complete = False
        logs.write_exception("reconcile_failed", error)

    def answer(self) -> tuple[dict[str, object], int]:
        """Return the answer: what is left undone asks for another call."""
        counts = asdict(self.counts)
        oldest = round((self.began - self.oldest).total_seconds())
        if self.is_complete and not self.counts.failed:
            logs.write("objects_reconciled", **counts, oldest_unloaded_seconds=oldest)
            return {"finished": True, **counts}, 200
        logs.write("reconcile_unfinished", **counts, oldest_unloaded_seconds=oldest)
        message = "some of it is left: to be called again"
        return {"code": 503, "reason": "unfinished", "message": message, **counts}, 503
