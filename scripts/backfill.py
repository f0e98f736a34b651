"""Load what is stored but has no rows yet, by load jobs of many objects each.

    python -m scripts.backfill --since 7d
    python -m scripts.backfill --since 7d --execute
    python -m scripts.backfill --category cold --environment production --since 2026-11-01 --execute

The first form says what lacks rows, and changes nothing. The last one loads a category that is
never streamed. It may be interrupted and repeated at any time: what is loaded is not loaded again.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console

from analytics_pipeline.repairs import Repair, Repairer
from analytics_pipeline.shortfalls import Shortfall, ShortfallFinder
from analytics_pipeline.wiring import now
from scripts._cli import CommandFailed, new_parser, progress_console, run_command
from scripts.operations.options import (
    add_selection_options,
    add_target_options,
    read_selection,
    read_target,
)
from scripts.operations.output import print_records

_MAX_LOAD_JOBS = 400  # the table takes 1,500 a day; the scheduled repair may need 980 of them


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser)
    parser.add_argument("--execute", action="store_true", help="load it; without, only look")
    parser.add_argument(
        "--max-jobs",
        type=int,
        default=_MAX_LOAD_JOBS,
        help="stop after so many load jobs: BigQuery takes 1,500 a day and table (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for each day")
    return parser


class Backfill:
    """Finds what lacks rows, and loads it where that was asked for."""

    def __init__(
        self, finder: ShortfallFinder, repairer: Repairer | None, max_jobs: int, console: Console
    ) -> None:
        self._finder = finder
        self._repairer = repairer
        self._max_jobs = max_jobs
        self._console = console
        self.total = Repair()
        self.missing_events = 0
        self.is_finished = True

    def run(self, arguments: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
        """Yield what was found of each day, and done about it; raises TransientError."""
        for shortfall in self._finder.find(read_selection(arguments)):
            if not shortfall.objects:
                continue
            self.missing_events += shortfall.missing_events
            repair = self._repair(shortfall)
            yield _record(shortfall, repair)
            if not self.is_finished:
                return

    def _repair(self, shortfall: Shortfall) -> Repair:
        done = Repair()
        if self._repairer is None:
            return done
        day = shortfall.day
        title = f"{day.event_ds} {day.analytics_environment}/{day.event_category}"
        total = len(shortfall.objects)
        with self._console.status(title) as shown:
            for repair in self._repairer.repair(shortfall):
                done += repair
                self.total += repair
                shown.update(f"{title}: {done.objects:,} of {total:,} objects")
                if self.total.load_jobs >= self._max_jobs:
                    self.is_finished = False
                    break
        return done


def backfill(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target = read_target(arguments)
    console = progress_console()

    def log(event: str, **fields: object) -> None:
        console.print(f"{event.replace('_', ' ')}: {fields['object']}", markup=False)

    repairer = (
        Repairer(target.store, target.warehouse, target.load_jobs, now, log)
        if arguments.execute
        else None
    )
    finder = ShortfallFinder(target.inventory, target.ledger, now)
    work = Backfill(finder, repairer, arguments.max_jobs, console)
    print_records(work.run(arguments), as_json=arguments.json, empty="Nothing lacks rows.")
    if not arguments.execute and work.missing_events:
        console.print(f"{work.missing_events:,} events lack rows; `--execute` loads them.")
    if not work.is_finished:
        raise CommandFailed(
            f"stopped after {work.total.load_jobs} load jobs: run it again for the rest"
        )


def _record(shortfall: Shortfall, repair: Repair) -> dict[str, Any]:
    day = shortfall.day
    return {
        "environment": day.analytics_environment,
        "category": day.event_category,
        "day": day.event_ds,
        "objects": len(shortfall.objects),
        "events_missing": shortfall.missing_events,
        "rows_loaded": repair.rows,
        "dead_letters": repair.dead_letters,
        "load_jobs": repair.load_jobs,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(backfill, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
