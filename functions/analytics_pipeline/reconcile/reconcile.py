"""Use case: on a schedule, what delivery gave up on is loaded after all, without a human.

Every run looks at all objects received in the last days and loads what lacks rows. What it leaves,
for want of time or because it failed, it finds again in the next run; nearer days come first.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile.ports import RepeatSweeper
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.shortfalls import OutOfTime, ShortfallFinder
from analytics_pipeline.stored_objects import Day, Selection

# The table takes 1,500 load jobs a day, from people's commands, too: 49 runs make 980.
MAX_LOAD_JOBS_PER_RUN = 20


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a scheduled call.

    `days` is how far back to look, `settle_minutes` how long delivery is waited for. Objects whose
    `event_ds` is far from that time are left out with `nearby_only`. After `budget_minutes` no
    further day or load job is begun. With `remove_repeated`, events that the view shows on several
    days lose their later copies.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 8
    settle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 15
    nearby_only: bool = False
    budget_minutes: Annotated[int, msgspec.Meta(ge=0, le=25)] = 8
    remove_repeated: bool = False


class Reconcile:
    """Serves scheduled calls; `clock` returns the time in UTC."""

    def __init__(
        self,
        finder: ShortfallFinder,
        repairer: Repairer,
        sweeper: RepeatSweeper,
        clock: Callable[[], datetime],
    ) -> None:
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
        selection = Selection(
            since=now - timedelta(days=schedule.days),
            until=now - timedelta(minutes=schedule.settle_minutes),
        )
        run = _Run(schedule)
        try:
            self._sweep(selection, run)
            for day in self._finder.days(selection, nearby_only=schedule.nearby_only):
                self._repair(day, selection, run)
        except OutOfTime:
            run.is_complete = False
        except TransientError as exc:
            run.fail(exc)
        return run.answer()

    def _sweep(self, selection: Selection, run: "_Run") -> None:
        if not run.schedule.remove_repeated:
            return
        try:
            logs.write("rows_repeated_removed", rows=self._sweeper.remove(selection))
        except TransientError as exc:
            run.fail(exc)

    def _repair(self, day: Day, selection: Selection, run: "_Run") -> None:
        """Load what the day lacks; a failure is that day's alone. Raises OutOfTime."""
        try:
            for shortfall in self._finder.find(day, selection, run.is_over):
                for counts in self._repairer.repair(shortfall):
                    run.counts += counts
                    if run.is_over():
                        raise OutOfTime(day.event_ds)
        except TransientError as exc:
            run.fail(exc, day=day.event_ds, analytics_environment=day.analytics_environment)
        if run.is_over():
            raise OutOfTime(day.event_ds)


class _Run:
    """One run: what it did, and whether it may go on."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.counts = RepairCounts()
        self.is_complete = True
        self._deadline = time.monotonic() + 60 * schedule.budget_minutes

    def is_over(self) -> bool:
        """Return whether the run's share of time or load jobs is used up."""
        return time.monotonic() > self._deadline or self.counts.load_jobs >= MAX_LOAD_JOBS_PER_RUN

    def fail(self, error: TransientError, **where: str) -> None:
        """Put on record what could not be done."""
        self.is_complete = False
        logs.write_exception("reconcile_failed", error, **where)

    def answer(self) -> tuple[dict[str, object], int]:
        """Return the answer: what is left undone asks for another call."""
        counts = asdict(self.counts)
        if self.is_complete and not self.counts.failed:
            logs.write("objects_reconciled", **counts)
            return {"finished": True, **counts}, 200
        logs.write("reconcile_unfinished", **counts)
        message = "some of it is left: to be called again"
        return {"code": 503, "reason": "unfinished", "message": message, **counts}, 503
