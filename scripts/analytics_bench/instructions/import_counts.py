"""Instructions until a function could serve its first request."""

from analytics_bench.instructions.callgrind import Counting, callgrind, read_total
from analytics_bench.services.function_server import Subject
from analytics_bench.services.start_process import start_once


def count_import(subject: Subject, counting: Counting) -> float:
    """Return the instructions from the start of the interpreter; raises StartFailed."""
    folder, python = counting.folder, counting.python
    start_once(subject, [python])  # so that everything is compiled to bytecode
    start_once(subject, [*callgrind(folder, from_start=True), python])
    totals = [read_total(path.read_text(errors="replace")) for path in folder.glob("counters.*")]
    return float(max(total for total in totals if total is not None))
