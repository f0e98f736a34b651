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
from analytics_pipeline.reconcile.repairs import Repair, Repairer
from analytics_pipeline.reconcile.shortfalls import ShortfallFinder
from analytics_pipeline.stored_objects import Selection

# The table takes 1,500 load jobs a day, from people's commands, too: 49 runs make 980.
MAX_LOAD_JOBS_PER_RUN = 20


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a scheduled call.

    `days` is how far back to look, `settle_minutes` how long delivery is waited for. Objects whose
    `event_ds` is far from that time are left out with `nearby_only`. After `budget_minutes` no
    further day or load job is begun.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 8
    settle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 15
    nearby_only: bool = False
    budget_minutes: Annotated[int, msgspec.Meta(ge=0, le=25)] = 8


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
        done: list[Repair] = []
        try:
            is_finished = self._run(selection, schedule, done)
        except TransientError as exc:
            repair = sum(done, Repair())
            logs.write_exception("reconcile_failed", exc, **asdict(repair))
            return {"code": 503, "reason": "unavailable", "message": "to be called again"}, 503
        repair = sum(done, Repair())
        if is_finished:
            logs.write("objects_reconciled", **asdict(repair))
        else:
            logs.write("reconcile_unfinished", **asdict(repair))
        return {"finished": is_finished, **asdict(repair)}, 200

    def _run(self, selection: Selection, schedule: Schedule, done: list[Repair]) -> bool:
        """Repair, noting what was `done`; returns whether that was all.

        It was not when the run's share of time or load jobs is used up.
        """
        deadline, load_jobs = time.monotonic() + 60 * schedule.budget_minutes, 0
        for shortfall in self._finder.find(selection, nearby_only=schedule.nearby_only):
            for repair in self._repairer.repair(shortfall):
                done.append(repair)
                load_jobs += repair.load_jobs
                if time.monotonic() > deadline or load_jobs >= MAX_LOAD_JOBS_PER_RUN:
                    return False
            if time.monotonic() > deadline:
                return False
        return True
