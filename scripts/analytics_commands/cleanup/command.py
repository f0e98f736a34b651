r"""Delete old or test objects under a prefix.

    analytics cleanup --older-than 30d \
        --prefix data_type=json/analytics_environment=qa/

Lists them; with `--execute` the same line deletes them. What should be in
BigQuery and is not there yet is kept, and so are objects with open dead
letters, which `replay` reads from them. It may be interrupted and run again at
any time. Rows in BigQuery are not touched.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.pipeline.prefixes import read_prefix
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import MOMENT_HELP, new_parser, read_moment


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    parser.add_argument(
        "--prefix",
        type=read_prefix,
        required=True,
        help="what the names of the objects begin with; at least all of"
        " data_type=json/analytics_environment=NAME/, or of `file` or `unknown` instead of `json`",
    )
    parser.add_argument(
        "--older-than",
        type=read_moment,
        required=True,
        metavar="TIME",
        help=f"delete what was received before then: {MOMENT_HELP}",
    )
    parser.add_argument(
        "--execute", action="store_true", help="delete the objects; without it they are only listed"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="delete objects that are not in BigQuery yet, or have open dead letters, too",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each stored object"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.cleanup.action import clean_up

    clean_up(arguments)
