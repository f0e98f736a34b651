"""Load what is stored but has no rows yet, by load jobs.

    analytics backfill --since 7d
    analytics backfill --since 7d --execute
    analytics backfill --category cold --environment production --since 2026-11-01 --execute

The first form says what lacks rows, and changes nothing. The last one loads a category that is
never streamed. It may be interrupted and repeated at any time: what is loaded is not loaded again.
An object or a day that fails is named, and the rest is done.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rich.console import Console

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
    read_selection,
)
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import print_records, visible
from analytics_commands.foundation.terminal.parsing import new_parser, read_count
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_pipeline.clock import now
from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.shortfalls import Shortfall, ShortfallFinder
from analytics_pipeline.stored_objects import Day, Selection

_MAX_LOAD_JOBS = 400  # the table takes 1,500 a day; the scheduled repair may need 980 of them


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser)
    parser.add_argument("--execute", action="store_true", help="load it; without, only look")
    parser.add_argument(
        "--max-jobs",
        type=read_count,
        default=_MAX_LOAD_JOBS,
        help="stop after so many load jobs: BigQuery takes 1,500 a day and table (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for each day")
    return parser


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
                            status.update(f"{title}: {done.repair.objects:,} objects loaded")
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
        for counts in self._repairer.repair(shortfall):
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
            reasons.append(f"{self.failed_objects:,} objects could not be loaded")
        if self.failed_days:
            reasons.append(f"{self.failed_days:,} days could not be looked at")
        if not self.is_finished:
            reasons.append(f"stopped after {self.load_jobs} load jobs")
        return ", ".join(reasons)


def backfill(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target, selection = read_target(arguments), read_selection(arguments)
    console = progress_console()

    def log(event: str, **fields: object) -> None:
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
    print_records(work.run(selection), as_json=arguments.json, empty="Nothing lacks rows.")
    if not arguments.execute and work.missing_events:
        console.print(f"{work.missing_events:,} events lack rows; `--execute` loads them.")
    if work.left_undone:
        raise CommandFailed(f"{work.left_undone}: run it again for the rest")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(backfill, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
