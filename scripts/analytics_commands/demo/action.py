"""The demo as a whole: start a pipeline, play every step, leave nothing behind."""

import tempfile
import time
from pathlib import Path

from rich.console import Console

from analytics_commands.demo.conversation import StepFailed, Tutorial
from analytics_commands.demo.tutorial import STEPS
from analytics_commands.foundation.pipeline.local_process import PipelineFailed, running_pipeline
from analytics_commands.foundation.terminal.ending import CommandFailed


def play() -> None:
    """Play all steps; raises CommandFailed when one does not hold."""
    console = Console(highlight=False, emoji=False, soft_wrap=True)
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
