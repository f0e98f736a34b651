"""Play the tutorial for real on a throw-away pipeline, and print what happens.

    python -m scripts.demo

Starts the whole pipeline on free ports, in a folder that is deleted afterwards. Exits 0 only if
every step held.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from scripts.local_cloud.pipeline_process import PipelineFailed, running_pipeline
from scripts.tutorial import STEPS, StepFailed, Tutorial


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(argv)
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    console.print("Starting the pipeline: gateway, storage, events, warehouse, two functions ...")
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
        console.print(f"[bold red]failed:[/] {exc}")
        return 1
    except KeyboardInterrupt:
        return 130
    console.print(f"[bold green]All {len(STEPS)} steps held[/], nothing is left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
