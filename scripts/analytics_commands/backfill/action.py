"""The backfill as a whole: find what lacks rows, load it where that was asked for, and tell."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from analytics_commands.foundation.accounts.shortfalls import Shortfall, ShortfallFinder
from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.output import print_records, visible
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.clock import now
from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.stored_objects import Day, Selection

_OFTEN_NONE = {"rows_loaded", "dead_letters", "load_jobs", "objects_failed"}


@dataclass
class _DayDone:
    """What was found of one day, and done about it."""

    day: Day
    objects: int = 0
    missing_events: int = 0
    repair: RepairCounts = field(default_factory=RepairCounts)

    def record(self) -> dict[str, Any]:
        """Return it as it is printed."""
        return {
            "environment": self.day.analytics_environment,
            "category": self.day.event_category,
            "day": self.day.event_ds,
            "objects": self.objects,
            "events_missing": self.missing_events,
            "rows_loaded": self.repair.rows,
            "dead_letters": self.repair.dead_letters,
            "load_jobs": self.repair.load_jobs,
            "objects_failed": self.repair.failed,
        }


class Backfill:
    """Finds what lacks rows, and loads it where that was asked for."""

    def __init__(
        self, finder: ShortfallFinder, repairer: Repairer | None, max_jobs: int, console: Console
    ) -> None:
        self._finder = finder
        self._repairer = repairer
        self._max_jobs = max_jobs
        self._console = console
        self.load_jobs = 0
        self.missing_events = 0
        self.failed_objects = 0
        self.failed_days = 0
        self.is_finished = True

    def run(self, selection: Selection) -> Iterator[Mapping[str, Any]]:
        """Yield what was found of each day, and done about it; raises TransientError.

        A day that fails is named, and the next one begun.
        """
        for day in self._finder.days(selection):
            done = _DayDone(day)
            title = f"{day.event_ds} {day.analytics_environment}/{day.event_category}"
            with self._console.status(title) as status:
                try:
                    for shortfall in self._finder.find(day, selection):
                        done.objects += len(shortfall.objects)
                        done.missing_events += shortfall.missing_events
                        for counts in self._repair(shortfall):
                            done.repair += counts
                            loaded = counted(done.repair.objects, "object")
                            status.update(f"{title}: {loaded} loaded")
                        if not self.is_finished:
                            break
                except TransientError as exc:
                    self.failed_days += 1
                    self._console.print(visible(f"{title}: {exc}"), markup=False)
            self.missing_events += done.missing_events
            self.failed_objects += done.repair.failed
            if done.objects:
                yield done.record()
            if not self.is_finished:
                return

    def _repair(self, shortfall: Shortfall) -> Iterator[RepairCounts]:
        if self._repairer is None:
            return
        for counts in self._repairer.repair(shortfall.objects, shortfall.seen_at):
            self.load_jobs += counts.load_jobs
            yield counts
            if self.load_jobs >= self._max_jobs:
                self.is_finished = False
                return

    @property
    def left_undone(self) -> str:
        """What a person has to know at the end; empty for nothing."""
        reasons = []
        if self.failed_objects:
            reasons.append(f"{counted(self.failed_objects, 'object')} could not be loaded")
        if self.failed_days:
            reasons.append(f"{counted(self.failed_days, 'day')} could not be looked at")
        if not self.is_finished:
            reasons.append(f"stopped after {counted(self.load_jobs, 'load job')}")
        return ", ".join(reasons)


def backfill(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target, selection = read_target(arguments), read_selection(arguments)
    console = progress_console()

    def log(event: str, **fields: object) -> None:
        if event == "object_loaded":
            return
        detail = f": {fields['detail']}" if "detail" in fields else ""
        text = f"{event.replace('_', ' ')}: {fields['object']}{detail}"
        console.print(visible(text), markup=False)

    repairer = (
        Repairer(target.store, target.sink, target.load_jobs, now, log)
        if arguments.execute
        else None
    )
    finder = ShortfallFinder(target.inventory, target.ledger, now)
    work = Backfill(finder, repairer, arguments.max_jobs, console)
    print_records(
        work.run(selection),
        as_json=arguments.json,
        empty="Nothing lacks rows.",
        optional=_OFTEN_NONE,
        heading="day",
    )
    if not arguments.execute and work.missing_events:
        lacking = counted(work.missing_events, "event lacks a row", "events lack rows")
        console.print(f"{lacking}; `--execute` loads what is missing.")
    if work.left_undone:
        raise CommandFailed(f"{work.left_undone}: run it again for the rest")
