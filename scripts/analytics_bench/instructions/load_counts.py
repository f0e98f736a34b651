"""Instructions an event of loading objects, for each number of events an object has."""

from collections.abc import Mapping, Sequence

from analytics_bench.instructions.callgrind import Counting, NotCounted, callgrind, total_of
from analytics_bench.services.fake_cloud import running_fake
from analytics_bench.services.load_process import Phases, load_objects

_PHASES = Phases({4: 20, 500: 1}, times=4)
_TOLERANCE = 0.02


def count_loading(variant: str, counting: Counting) -> Mapping[int, float]:
    """Return the instructions an event, by the number of events an object has.

    Raises NotCounted, and LoadingFailed where a row is missing, there twice or altered.
    """
    python = [*callgrind(counting.folder, from_start=False), counting.python]
    with running_fake(counting.native.fake_services) as fake:
        folder, library = counting.folder, counting.library
        load_objects(variant, python, _PHASES, fake, folder, library=library)
    counts = [
        (total_of(counting.folder, number) or 0) / events
        for number, events in enumerate(_PHASES.events_per_phase(), start=2)
    ]
    return {size: undisturbed(values) for size, values in _PHASES.by_size(counts).items()}


def undisturbed(counts: Sequence[float]) -> float:
    """Return what two phases agree on: what else the machine does only adds to a count.

    Raises NotCounted.
    """
    least, second, *_ = sorted(counts)
    if second > (1 + _TOLERANCE) * least:
        raise NotCounted(f"{counts} instructions an event: no two phases agree")
    return (least + second) / 2
