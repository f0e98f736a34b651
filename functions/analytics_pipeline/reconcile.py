"""Use case: on a schedule, what delivery gave up on is loaded after all, without a human.

Every run looks at all objects received in the last days and loads what lacks rows. What it leaves
for want of time it finds again in the next run; newer days come first.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.repairs import Repair, Repairer
from analytics_pipeline.shortfalls import ShortfallFinder
from analytics_pipeline.stored_objects import Selection

# The table takes 1,500 load jobs a day, from people's commands, too: two runs an hour make 960.
MAX_LOAD_JOBS_PER_RUN = 20
TIME_BUDGET_SECONDS = 480.0


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a scheduled call: how far back to look, and how long delivery is waited for."""

    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 8
    settle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 15


class Reconcile:
    """Serves scheduled calls; `clock` returns the time in UTC."""

    def __init__(
        self, finder: ShortfallFinder, repairer: Repairer, clock: Callable[[], datetime]
    ) -> None:
        self._finder = finder
        self._repairer = repairer
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
        try:
            repair, is_finished = self._run(selection)
        except TransientError as exc:
            logs.write_exception("reconcile_failed", exc)
            return {"code": 503, "reason": "unavailable", "message": "to be called again"}, 503
        if is_finished:
            logs.write("objects_reconciled", **asdict(repair))
        else:
            logs.write("reconcile_unfinished", **asdict(repair))
        return {"finished": is_finished, **asdict(repair)}, 200

    def _run(self, selection: Selection) -> tuple[Repair, bool]:
        """Repair until all is done, or the run's share of time or load jobs is used up."""
        started, total = time.monotonic(), Repair()
        for shortfall in self._finder.find(selection):
            for repair in self._repairer.repair(shortfall):
                total += repair
                is_late = time.monotonic() - started > TIME_BUDGET_SECONDS
                if is_late or total.load_jobs >= MAX_LOAD_JOBS_PER_RUN:
                    return total, False
        return total, True
