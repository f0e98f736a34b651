"""Load dead letters again, after what refused them was mended.

    analytics replay --reason invalid_row
    analytics replay --reason invalid_row --environment production --execute

The first form says what would happen, and changes nothing; whether BigQuery takes what it refused
before, only the second one can tell. The lines are read from their objects, at the generation that
was refused: what the table shows of them may be cut. Letters of what is gone are closed.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
    read_selection,
)
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.replay.open_letters import read_open_letters
from analytics_commands.replay.replayer import Outcome, ReplayedLetter, Replayer, Writing
from analytics_pipeline.clock import now

_REFUSED_BY_BIGQUERY = {"invalid_row", "request_rejected"}
_PLANS = (
    _WOULD_BE_LOADED := "would be loaded",
    _WOULD_BE_TRIED := "would be tried",
    _WOULD_BE_CLOSED := "would be closed",
)
_OPEN = {
    Outcome.STILL_REFUSED: "stay open: they are refused again",
    Outcome.FAILED: "could not be tried: run it again",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, since="30d", settle="0m")
    parser.add_argument("--reason", help="only letters of this reason (any)")
    parser.add_argument("--execute", action="store_true", help="load; without, only try")
    parser.add_argument("--json", action="store_true", help="one JSON object for each letter")
    return parser


def replay(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target = read_target(arguments)
    writing = Writing(target.sink, lambda: target.load_jobs) if arguments.execute else None
    replayer = Replayer(target.inventory, target.store, writing, now)
    counts: Counter[str] = Counter()

    def records() -> Iterator[Mapping[str, Any]]:
        for letters in read_open_letters(
            target.warehouse, read_selection(arguments), arguments.reason
        ):
            for each in replayer.replay(letters):
                outcome = each.outcome.value if arguments.execute else _would_be(each)
                counts[outcome] += 1
                yield _record(each, outcome)

    print_records(records(), as_json=arguments.json, empty="No dead letter is open.")
    if plans := [f"{counts[plan]:,} {plan}" for plan in _PLANS if counts[plan]]:
        progress_console().print(f"Letters: {', '.join(plans)}; `--execute` does it.")
    problems = [
        f"{counts[outcome.value]:,} letters {why}"
        for outcome, why in _OPEN.items()
        if counts[outcome.value]
    ]
    if problems:
        raise CommandFailed(", ".join(problems))


def _would_be(replayed: ReplayedLetter) -> str:
    """Return what `--execute` does about a letter."""
    if replayed.outcome is Outcome.OBJECT_GONE:
        return _WOULD_BE_CLOSED
    if replayed.outcome is Outcome.REPLAYED:
        is_unknown = replayed.letter.reason in _REFUSED_BY_BIGQUERY
        return _WOULD_BE_TRIED if is_unknown else _WOULD_BE_LOADED
    return str(replayed.outcome.value)


def _record(replayed: ReplayedLetter, outcome: str) -> dict[str, Any]:
    letter = replayed.letter
    return {
        "object": letter.gcs_uri,
        "line": letter.line,
        "reason": letter.reason,
        "outcome": outcome,
        "detail": replayed.detail,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(replay, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
