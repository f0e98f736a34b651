"""Load a pipeline, and prove each event is there exactly once.

    analytics scale-test --scale-test-name baseline --n 1000 --pool-size 30
    analytics scale-test --n 6000 --rate 100 --event-category cold
    analytics scale-test --n 6000 --report after.html --compare before.html

Sends `n` batches, repeats what fails with the same Idempotency-Key, then
compares what was acknowledged with the objects in Cloud Storage and, by SQL,
with every event. Prints throughput, latencies and what is lost, doubled or
altered, and writes a report as one HTML file. Exit code 1 on a single event
that is not as it should be, or a batch that was never acknowledged. Ctrl-C
prints what was measured until then.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_gateway_options,
    add_target_options,
)
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_commands.scale_test.scale_options import add_options


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    add_gateway_options(parser)
    add_target_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.scale_test.action import scale_test

    scale_test(arguments)
