"""Forget one player: a privacy request.

    analytics forget --player-id p-4711
    analytics forget --player-id p-4711 --execute

The first form says what there is, and changes nothing. An event is a player's
if its `playerId` or `player_id` is the id; stored objects are rewritten without
those lines. Run it again until it ends with exit code 0: BigQuery refuses to
delete rows for up to 90 minutes after they were streamed.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.forget.all_times import ALWAYS
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
)
from analytics_commands.foundation.pipeline.prefixes import read_file_prefix
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, since="any", settle="any")
    since, until = ALWAYS
    parser.set_defaults(since=since, until=until)
    parser.add_argument(
        "--player-id",
        type=_read_id,
        required=True,
        metavar="ID",
        help="id of the player: a string, or a number exactly as it was sent",
    )
    parser.add_argument(
        "--file-prefix",
        type=read_file_prefix,
        metavar="PREFIX",
        help="delete all files whose names begin with it, too; at least all of"
        " data_type=file/analytics_environment=NAME/event_category=NAME/",
    )
    parser.add_argument(
        "--delete-unknown",
        action="store_true",
        help="delete bodies that are no events and hold the id, too, whoever else is in them",
    )
    parser.add_argument(
        "--execute",
        action="store_true",
        help="delete what is found; without it nothing is changed",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each part")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.forget.action import forget

    forget(arguments)


def _read_id(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the id is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the id is not UTF-8") from None
    return text
