"""Answer "did we lose anything?", object by object.

    analytics audit
    analytics audit --environment production --since 2026-11-01 --json
    analytics audit --environment testing --settle 0m --strict

Compares what the functions logged as accepted, what the bucket holds and what BigQuery counts, by
listings and by SQL: no object is read, nothing is changed. Names each gap and the command that
repairs or explains it. Exit code 1 says that something is lost; what clients left out, such as
indexes of a session, is a line of its own, and decides with `--strict` only.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from analytics_commands.audit.findings import GAPS
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
)
from analytics_commands.foundation.terminal.ending import DONE, FAILED, run_command
from analytics_commands.foundation.terminal.parsing import new_parser, read_duration
from analytics_pipeline.clock import now as utc_now


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, settle="0m")
    parser.add_argument(
        "--settle",
        type=read_duration,
        default="15m",
        help="time that an event may take to its row: what is younger is counted as pending, not"
        " judged; 0m judges all (default: %(default)s)",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        choices=sorted(GAPS),
        default=[],
        metavar="KIND",
        help="show findings of this kind, but do not count them as gaps; may be given again;"
        " the kinds are %(choices)s",
    )
    parser.add_argument(
        "--no-sessions", action="store_true", help="do not look for indexes that sessions lack"
    )
    parser.add_argument(
        "--strict", action="store_true", help="end with exit code 1 also for what clients left out"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each finding, each day and the verdicts, not a table",
    )
    return parser


def main(argv: Sequence[str] | None = None, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the command; returns its exit code: 1 for a gap, or when nobody read the verdicts."""
    are_clean: list[bool] = []  # stays empty when the reader is gone, which is no failure elsewhere
    code = run_command(partial(_act, build_parser().parse_args(argv), clock, are_clean))
    return code or (DONE if are_clean == [True] else FAILED)


def _act(
    arguments: argparse.Namespace, clock: Callable[[], datetime], are_clean: list[bool]
) -> None:
    from analytics_commands.audit.action import audit

    are_clean.append(audit(arguments, clock()).is_clean(strict=arguments.strict))
