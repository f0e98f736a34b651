"""CPU time and memory of what is no server: loading objects, and starting each function."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from analytics_bench.native.c_programs import Native
from analytics_bench.report.figures_file import Figure
from analytics_bench.services.fake_cloud import running_fake
from analytics_bench.services.function_server import OURS
from analytics_bench.services.load_process import VARIANTS, Phases, load_objects
from analytics_bench.services.start_process import (
    LOAD,
    NOOP_ASYNC,
    NOOP_SYNC,
    RECONCILE,
    start_once,
)

_PHASES = Phases({4: 100, 500: 3}, times=6)
_STARTS = 5
_MICRO, _MILLI = 1e6, 1e3


def loading_figures(python: str, native: Native, folder: Path) -> Iterator[Figure]:
    """Yield the CPU time an event of loading objects; raises LoadingFailed."""
    events = _PHASES.events_per_phase()
    with running_fake(native.fake_services) as fake:
        for variant in VARIANTS:
            seconds = load_objects(variant, [python], _PHASES, fake, folder)
            each = [s * _MICRO / n for s, n in zip(seconds, events, strict=True)]
            for size, values in _PHASES.by_size(each).items():
                yield Figure(
                    "load_cpu",
                    variant,
                    round(median(values), 2),
                    "µs an event",
                    events=size,
                    low=round(min(values), 2),
                    high=round(max(values), 2),
                )


def start_figures(python: str) -> Iterator[Figure]:
    """Yield the CPU time and memory of starting each function; raises StartFailed."""
    for subject in (NOOP_ASYNC, OURS, NOOP_SYNC, LOAD, RECONCILE):
        start_once(subject, [python])  # so that everything is compiled to bytecode
        starts = [start_once(subject, [python]) for _ in range(_STARTS)]
        cpu = [each.cpu_seconds * _MILLI for each in starts]
        memory = [each.memory_mb for each in starts]
        name = subject.name if subject is not OURS else subject.target
        for measure, values, unit in (("start_cpu", cpu, "ms"), ("start_memory", memory, "MB")):
            low, high = round(min(values), 1), round(max(values), 1)
            yield Figure(measure, name, round(median(values), 1), unit, low=low, high=high)
