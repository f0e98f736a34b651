"""The request as a whole: search, delete, tell each part, and say what is left."""

import argparse

from rich.console import Console

from analytics_commands.forget.copies import Copies
from analytics_commands.forget.forgetter import Forgetter, Request
from analytics_commands.forget.parts import Outcome, Part, Tally
from analytics_commands.forget.player import Player
from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed, going_on_unread
from analytics_commands.foundation.terminal.output import print_json
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_pipeline.clock import now

_NOTHING = "nothing of this player was found"
_NOT_FINISHED = "not everything is deleted: see what waits, failed or needs a person, run it again"


def forget(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target, console, tally = read_target(arguments), progress_console(), Tally()
    request = Request(
        Player(arguments.player_id),
        read_selection(arguments),
        arguments.file_prefix,
        arguments.execute,
        arguments.delete_unknown,
    )
    forgetter = Forgetter(target, request)
    for part in forgetter.run():
        tally.add(part)
        _show(part, as_json=arguments.json)
    if not tally.counts:
        if arguments.json:
            console.print(_NOTHING)
        else:
            print(_NOTHING)
    _summarize(console, tally, forgetter.mentions)
    if tally.has(Outcome.PLANNED):
        console.print("Nothing was deleted; `--execute` deletes it.")
    if tally.counts:
        console.print("\n".join(Copies.of(target, now()).lines()))
    if not tally.is_finished:
        raise CommandFailed(_NOT_FINISHED)


def _show(part: Part, *, as_json: bool) -> None:
    """Print a part as soon as it is known: an error later does not hide what was deleted."""
    with going_on_unread():
        if as_json:
            print_json(part.record())
        else:
            print(part.line(), flush=True)


def _summarize(console: Console, tally: Tally, mentions: int) -> None:
    for line in tally.lines():
        console.print(line, markup=False)
    if mentions:
        console.print(
            f"{mentions:,} other lines hold the characters of the id, not as playerId: they stay."
        )
