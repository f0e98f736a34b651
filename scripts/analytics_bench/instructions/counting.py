"""All that is counted, side by side: counts do not depend on what else runs."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain, count

from analytics_bench.instructions.callgrind import Counting
from analytics_bench.instructions.import_counts import count_import
from analytics_bench.instructions.ingest_counts import count_requests
from analytics_bench.instructions.load_counts import count_loading
from analytics_bench.report.figures_file import Figure
from analytics_bench.services.function_server import NOOP, OURS, Subject
from analytics_bench.services.load_process import VARIANTS

_AT_A_TIME = 2
_UNIT = "instructions"
_Job = Callable[[Counting], list[Figure]]


def count_all(subjects: Sequence[Subject], counting: Counting) -> list[Figure]:
    """Count requests to the subjects, loading and starting.

    Raises NotCounted, or ServerFailed, LoadingFailed, StartFailed.
    """
    jobs = [
        *(partial(_requests, subject) for subject in subjects),
        *(partial(_loading, variant) for variant in VARIANTS),
        *(partial(_starting, subject) for subject in (NOOP, OURS)),
    ]
    rooms = (replace(counting, folder=counting.folder / str(number)) for number in count())
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(chain.from_iterable(pool.map(_run, jobs, rooms)))


def _run(job: _Job, counting: Counting) -> list[Figure]:
    counting.folder.mkdir()
    return job(counting)


def _requests(subject: Subject, counting: Counting) -> list[Figure]:
    counts = count_requests(subject, counting)
    return _by_events("ingest_instructions", subject.name, counts)


def _loading(variant: str, counting: Counting) -> list[Figure]:
    return _by_events("load_instructions", variant, count_loading(variant, counting))


def _starting(subject: Subject, counting: Counting) -> list[Figure]:
    counted = count_import(subject, counting)
    return [Figure("import_instructions", subject.name, counted, _UNIT)]


def _by_events(measure: str, variant: str, counts: Mapping[int, float]) -> list[Figure]:
    return [
        Figure(measure, variant, value, _UNIT, events=events) for events, value in counts.items()
    ]
