"""Show which rows a change of row code or schema would alter.

    analytics rehearse
    analytics rehearse --against v1.2.0 --since 7d --environment production
    analytics rehearse --files events.ndjson exported/ --json

Stored events become rows twice: by functions/ as it is in the working tree, and as it is in another
revision. Each event whose row would be another one, or be refused, is found, and told by the kind
of its change, with an example. Nothing is loaded and nothing is changed.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

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
    add_selection_options(parser, since="1d", settle="0m")
    parser.add_argument(
        "--files",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="events of these files and folders instead of a bucket's",
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help="git revision to compare with (default: HEAD where functions/ has changes that are"
        " not committed, else the one before the last commit of functions/)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="checkout that holds functions/ (default: this program's, else the current folder)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object for each event, not a table"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 1 where a row would be another one."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> int:
    from analytics_commands.rehearse.action import rehearse

    return rehearse(arguments)
