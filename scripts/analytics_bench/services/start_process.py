"""A function started without being served (subjects/import_function.py)."""

import subprocess
from collections.abc import Sequence

import msgspec

from analytics_bench.services.clean_environment import clean_environment
from analytics_bench.services.function_server import OURS, SUBJECTS, Subject

NOOP_ASYNC = Subject("async framework", SUBJECTS / "noop_function.py", "noop")
NOOP_SYNC = Subject("sync framework", SUBJECTS / "noop_function.py", "noop_sync")
LOAD = Subject("load", OURS.source, "load")
RECONCILE = Subject("reconcile", OURS.source, "reconcile")
_SETTINGS = {
    "BUCKET_NAME": "bench",
    "GOOGLE_CLOUD_PROJECT": "bench",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",  # nothing is asked for
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
}


class StartFailed(Exception):
    """The function cannot be started; the message is what it printed."""


class Start(msgspec.Struct, frozen=True):
    """What starting took: CPU time, and the most memory."""

    cpu_seconds: float
    memory_mb: float


def start_once(subject: Subject, python: Sequence[str]) -> Start:
    """Start the function in a process that ends then; raises StartFailed."""
    script = str(SUBJECTS / "import_function.py")
    command = [*clean_environment(_SETTINGS), *python, script]
    command += [str(subject.source), subject.target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise StartFailed(done.stderr[-2000:])
    return msgspec.json.decode(done.stdout, type=Start)
