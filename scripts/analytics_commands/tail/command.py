"""Show events as they arrive, one a line.

    analytics tail --since 10m --environment testing --once

Follows the functions' log lines, and reads each batch from Cloud Storage when
one tells of it. A terminal gets the local time, eventType, eventIndex, player,
session, and the attributes with every field that has no column; environment and
category stand above lines that share them. In a file each line has the time
(UTC), environment, category, session, eventType, eventIndex, player and
attributes, whole. Without --once it goes on until Ctrl-C.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import (
    MOMENT_HELP,
    new_parser,
    read_count,
    read_moment,
)

_MAX_SECONDS = 3600.0


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    _add_view_options(parser)
    parser.add_argument(
        "--once", action="store_true", help="show what is there, and end, instead of following"
    )
    parser.add_argument(
        "--lines", type=read_count, metavar="N", help="end after so many lines (default: never)"
    )
    parser.add_argument(
        "--interval",
        type=_read_seconds,
        default=2.0,
        metavar="SECONDS",
        help="seconds between two looks at the log (default: %(default)g)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the events' own lines, exactly as they are stored",
    )
    return parser


def _add_view_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is shown")
    group.add_argument(
        "--environment",
        metavar="NAME",
        help="show what is of this analytics_environment only (default: of any)",
    )
    group.add_argument(
        "--category",
        metavar="NAME",
        help="show what is of this event_category only (default: of any)",
    )
    group.add_argument(
        "--session",
        metavar="ID",
        help="show one session only, by the object's name or the event's own (default: any)",
    )
    group.add_argument(
        "--since",
        type=read_moment,
        metavar="TIME",
        help=f"show what arrived from then on: {MOMENT_HELP} (default: now; with --once 10m)",
    )
    group.add_argument(
        "--labels",
        action="store_true",
        help="show environment and category in every line on a terminal, not above lines",
    )
    group.add_argument(
        "--batches",
        action="store_true",
        help="show one line for each batch, and read no object",
    )
    group.add_argument("--refused", action="store_true", help="show refused requests, too")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.tail.action import tail

    tail(arguments)


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, up to an hour")
    return seconds
