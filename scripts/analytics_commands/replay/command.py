"""Load dead letters again, after what refused them was mended.

    analytics replay --reason invalid_row
    analytics replay --reason invalid_row --environment production --execute

The first form says what would happen, and changes nothing; whether BigQuery takes what it refused
before, only the second one can tell. The lines are read from their objects, at the generation that
was refused: what the table shows of them may be cut. Letters of what is gone are closed.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
)
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, since="30d", settle="0m")
    parser.add_argument(
        "--reason",
        help="replay only the letters of this reason, such as invalid_row (default: all)",
    )
    parser.add_argument(
        "--execute", action="store_true", help="load the letters; without this option, only try"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object for each letter, not a table"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.replay.action import replay

    replay(arguments)
