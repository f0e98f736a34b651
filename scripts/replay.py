"""Load dead letters again, after what refused them was mended.

    python -m scripts.replay --reason invalid_row
    python -m scripts.replay --reason invalid_row --environment production --execute

The first form tries every line and says what would happen, and changes nothing. The lines are read
from their objects, at the generation that was refused: what the table shows of them may be cut.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from analytics_pipeline.wiring import now
from scripts._cli import CommandFailed, new_parser, progress_console, run_command
from scripts.operations.options import (
    add_selection_options,
    add_target_options,
    read_selection,
    read_target,
)
from scripts.operations.output import print_records
from scripts.replaying.open_letters import read_open_letters
from scripts.replaying.replayer import Outcome, ReplayedLetter, Replayer


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
    sink = target.warehouse if arguments.execute else None
    replayer = Replayer(target.inventory, target.store, sink, now)
    counts: Counter[Outcome] = Counter()

    def records() -> Iterator[Mapping[str, Any]]:
        for letters in read_open_letters(
            target.warehouse, read_selection(arguments), arguments.reason
        ):
            for each in replayer.replay(letters):
                counts[each.outcome] += 1
                yield _record(each, is_rehearsal=sink is None)

    print_records(records(), as_json=arguments.json, empty="No dead letter is open.")
    if sink is None and counts[Outcome.REPLAYED]:
        progress_console().print(
            f"{counts[Outcome.REPLAYED]:,} letters would be loaded; `--execute` does it."
        )
    if left := counts.total() - counts[Outcome.REPLAYED]:
        raise CommandFailed(f"{left:,} letters stay open: they are refused again, or gone")


def _record(replayed: ReplayedLetter, *, is_rehearsal: bool) -> dict[str, Any]:
    letter, outcome = replayed.letter, replayed.outcome.value
    if is_rehearsal and replayed.outcome is Outcome.REPLAYED:
        outcome = "would be loaded"
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
