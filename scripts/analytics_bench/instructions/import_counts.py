"""Instructions until a function could serve its first request."""

import subprocess
from collections.abc import Sequence

from analytics_bench.instructions.callgrind import Counting, NotCounted, callgrind, read_total
from analytics_bench.services.function_server import SUBJECTS, Subject

_SETTINGS = {
    "BUCKET_NAME": "bench",
    "GOOGLE_CLOUD_PROJECT": "bench",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",  # is not asked for anything
    "PYTHONHASHSEED": "0",
}


def import_command(subject: Subject, python: str, prefix: Sequence[str] = ()) -> Sequence[str]:
    """Return what starts the function without serving it; `prefix` is what runs the interpreter."""
    settings = [f"{name}={value}" for name, value in _SETTINGS.items()]
    script = str(SUBJECTS / "import_function.py")
    return ["env", *settings, *prefix, python, script, str(subject.source), subject.target]


def count_import(subject: Subject, counting: Counting) -> float:
    """Return the instructions from the start of the interpreter; raises NotCounted."""
    folder, python = counting.folder, counting.python
    _run(import_command(subject, python))  # so that everything is compiled to bytecode
    _run(import_command(subject, python, callgrind(folder, from_start=True)))
    totals = [read_total(path.read_text(errors="replace")) for path in folder.glob("counters.*")]
    return float(max(total for total in totals if total is not None))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise NotCounted(done.stderr[-2000:])
