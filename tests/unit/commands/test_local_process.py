"""A pipeline as a process of whoever started it."""

import subprocess
import sys

from analytics_commands.foundation.pipeline.local_process import read_on, wait_ready

PRINTS_MUCH = "print('ready on it', flush=True); print('x' * 1_000_000)"


def test_much_is_printed():
    """What a pipeline prints once it is ready holds it up nowhere, however much it is."""
    command = [sys.executable, "-c", PRINTS_MUCH]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        wait_ready(process)
        read_on(process)

        assert 0 == process.wait(60)
