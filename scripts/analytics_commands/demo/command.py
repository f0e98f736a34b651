"""Play the tutorial on a throw-away pipeline, and print it.

    analytics demo

Starts the whole pipeline on free ports, in a folder that is deleted afterwards. Exits 0 only if
every step held.
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from analytics_commands.demo.conversation import StepFailed, Tutorial
from analytics_commands.demo.tutorial import STEPS
from analytics_commands.foundation.pipeline.local_process import PipelineFailed, running_pipeline
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.parsing import new_parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    new_parser(__doc__).parse_args(argv)
    return run_command(play)


def play() -> None:
    """Play all steps; raises CommandFailed when one does not hold."""
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    console.print("Starting the pipeline: gateway, storage, events, warehouse, functions ...")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="pipeline-") as folder,
            running_pipeline(Path(folder)) as variables,
        ):
            console.print(f"ready after {time.monotonic() - started:.1f} s\n")
            tutorial = Tutorial(variables, console)
            for number, (title, step) in enumerate(STEPS.items(), start=1):
                console.rule(f"[bold]{number}. {title}", align="left")
                step(tutorial)
                console.print()
    except (PipelineFailed, StepFailed) as exc:
        raise CommandFailed(str(exc)) from exc
    console.print(f"[bold green]All {len(STEPS)} steps held[/], nothing is left behind.")


if __name__ == "__main__":
    sys.exit(main())
