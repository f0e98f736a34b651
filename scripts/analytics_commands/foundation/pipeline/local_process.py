"""The local pipeline as a process that somebody else starts and stops: the demo, the tests."""

import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from analytics_commands.foundation.pipeline.local_pipeline import read_env

_STOP_SECONDS = 60.0


class PipelineFailed(Exception):
    """The pipeline did not start; the message is what it printed."""


@contextmanager
def running_pipeline(data_dir: Path, *options: str) -> Iterator[Mapping[str, str]]:
    """Run the pipeline on any free port while the context lasts; yields its variables.

    `options` are further arguments of `analytics run`. Raises PipelineFailed.
    """
    with start_pipeline(data_dir, *options) as process:
        try:
            wait_ready(process)
            read_on(process)
            yield read_env(data_dir / "env")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)


def start_pipeline(data_dir: Path, *options: str) -> subprocess.Popen[str]:
    """Start the process without waiting for it."""
    command = [
        sys.executable,
        "-m",
        "analytics_commands",
        "run",
        "--port",
        "0",
        "--data-dir",
        str(data_dir),
    ]
    return subprocess.Popen(  # noqa: S603 - our own module
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_ready(process: subprocess.Popen[str]) -> None:
    """Read what the process prints until its line that begins with `ready`."""
    printed = []
    for line in process.stdout or ():
        printed.append(line)
        if line.startswith("ready"):
            return
    raise PipelineFailed("".join(printed))


def read_on(process: subprocess.Popen[str]) -> None:
    """Read and drop what the process prints from now on: a full pipe would hold all of it up."""
    drop = deque[str](maxlen=0).extend
    threading.Thread(target=drop, args=(process.stdout or (),), daemon=True).start()
