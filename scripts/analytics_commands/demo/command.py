"""Play the tutorial on a throw-away pipeline, and print it.

    analytics demo

Starts the whole pipeline on free ports, in a folder that is deleted afterwards.
Exits 0 only if every step held.
"""

import argparse
from collections.abc import Sequence

from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    return new_parser(__doc__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    build_parser().parse_args(argv)
    return run_command(_act)


def _act() -> None:
    from analytics_commands.demo.action import play

    play()
