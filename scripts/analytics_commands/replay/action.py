"""The replay as a whole: read the open letters, try their lines again, and tell."""

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import Target, read_target
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.replay.open_letters import read_open_letters
from analytics_commands.replay.replayer import Outcome, ReplayedLetter, Replayer, Writing
from analytics_pipeline.clock import now

_REFUSED_BY_BIGQUERY = {"invalid_row", "request_rejected"}
_PLANS = (
    _WOULD_BE_LOADED := "would be loaded",
    _WOULD_BE_TRIED := "would be tried",
    _WOULD_BE_CLOSED := "would be closed",
)
_OPEN = {  # what a person has to know, of one letter and of several
    Outcome.STILL_REFUSED: (
        "letter stays open: it is refused again",
        "letters stay open: they are refused again",
    ),
    Outcome.FAILED: (
        "letter could not be tried: run it again",
        "letters could not be tried: run it again",
    ),
}


def replay(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    counts: Counter[str] = Counter()
    print_records(
        _replayed(read_target(arguments), arguments, counts),
        as_json=arguments.json,
        empty="No dead letter is open.",
        heading="object",
    )
    if plans := [f"{counts[plan]:,} {plan}" for plan in _PLANS if counts[plan]]:
        progress_console().print(f"Letters: {', '.join(plans)}; `--execute` does it.")
    problems = [
        counted(counts[outcome.value], *words)
        for outcome, words in _OPEN.items()
        if counts[outcome.value]
    ]
    if problems:
        raise CommandFailed(", ".join(problems))


def _replayed(
    target: Target, arguments: argparse.Namespace, counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield what becomes of each letter, and count it."""
    writing = Writing(target.sink, lambda: target.load_jobs) if arguments.execute else None
    replayer = Replayer(target.inventory, target.store, writing, now)
    selection = read_selection(arguments)
    for letters in read_open_letters(target.warehouse, selection, arguments.reason):
        for each in replayer.replay(letters):
            outcome = each.outcome.value if arguments.execute else _would_be(each)
            counts[outcome] += 1
            yield _record(each, outcome)


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
