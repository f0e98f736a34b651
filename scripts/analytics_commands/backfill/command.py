"""Load what is stored but has no rows yet, by load jobs.

    analytics backfill --since 7d
    analytics backfill --since 7d --execute
    analytics backfill --category cold --since 2026-11-01 --execute

The first form says what lacks rows, and changes nothing. The last one loads a category that is
never streamed. It may be interrupted and repeated at any time: what is loaded is not loaded again.
An object or a day that fails is named, and the rest is done.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
)
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser, read_count

_MAX_LOAD_JOBS = 400  # the table takes 1,500 a day; the scheduled repair may need 980 of them


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser)
    parser.add_argument(
        "--execute", action="store_true", help="load it; without this option it is only looked for"
    )
    parser.add_argument(
        "--max-jobs",
        type=read_count,
        default=_MAX_LOAD_JOBS,
        metavar="N",
        help="load jobs after which it stops, as BigQuery takes 1,500 a day for a table"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object for each day, not a table"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.backfill.action import backfill

    backfill(arguments)
