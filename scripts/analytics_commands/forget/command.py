"""Forget one player: a privacy request.

    analytics forget --player-id p-4711
    analytics forget --player-id p-4711 --execute

The first form says what there is, and changes nothing. An event is a player's if its `playerId` or
`player_id` is the id; stored objects are rewritten without those lines. Run it again until it ends
with exit code 0: BigQuery refuses to delete rows for up to 90 minutes after they were streamed.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from analytics_commands.forget.copies import Copies
from analytics_commands.forget.forgetter import ALWAYS, Forgetter, Request
from analytics_commands.forget.parts import Outcome, Tally
from analytics_commands.forget.player import Player
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
    read_selection,
)
from analytics_commands.foundation.pipeline.prefixes import read_file_prefix
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_pipeline.clock import now

_NOTHING = "nothing of this player was found"
_NOT_FINISHED = "not everything is deleted: see what waits, failed or needs a person, run it again"


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, since="any", settle="any")
    since, until = ALWAYS
    parser.set_defaults(since=since, until=until)
    parser.add_argument(
        "--player-id",
        type=_read_player,
        required=True,
        metavar="ID",
        help="a string, or a number exactly as it was sent",
    )
    parser.add_argument(
        "--file-prefix",
        type=read_file_prefix,
        metavar="PREFIX",
        help="also delete all files under it; names at least environment and category:"
        " data_type=file/analytics_environment=NAME/event_category=NAME/",
    )
    parser.add_argument(
        "--delete-unknown",
        action="store_true",
        help="also delete bodies that are no events and hold the id, whoever else is in them",
    )
    parser.add_argument("--execute", action="store_true", help="delete; without, only look")
    parser.add_argument("--json", action="store_true", help="one JSON object for each part")
    return parser


def forget(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target, console, tally = read_target(arguments), progress_console(), Tally()
    request = Request(
        arguments.player_id,
        read_selection(arguments),
        arguments.file_prefix,
        arguments.execute,
        arguments.delete_unknown,
    )
    forgetter = Forgetter(target, request)
    records = (tally.add(part).record() for part in forgetter.run())
    print_records(records, as_json=arguments.json, empty=_NOTHING)
    if arguments.json and not tally.counts:
        console.print(_NOTHING)
    _summarize(console, tally, forgetter.mentions)
    if tally.has(Outcome.PLANNED):
        console.print("Nothing was deleted; `--execute` deletes it.")
    if tally.counts:
        console.print("\n".join(Copies.of(target, now()).lines()))
    if not tally.is_finished:
        raise CommandFailed(_NOT_FINISHED)


def _summarize(console: Console, tally: Tally, mentions: int) -> None:
    for line in tally.lines():
        console.print(line, markup=False)
    if mentions:
        console.print(
            f"{mentions:,} other lines hold the characters of the id, not as playerId: they stay."
        )


def _read_player(text: str) -> Player:
    if not text.strip():
        raise argparse.ArgumentTypeError("the id is empty")
    try:
        return Player(text)
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the id is not UTF-8") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(forget, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
