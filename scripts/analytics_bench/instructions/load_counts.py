"""Instructions an event of loading objects, for each number of events an object has."""

import json
import subprocess
from collections.abc import Mapping, Sequence

from analytics_bench.instructions.callgrind import Counting, NotCounted, callgrind, total_of
from analytics_bench.services.fake_cloud import FakeCloud, running_fake
from analytics_bench.services.function_server import SUBJECTS
from analytics_bench.traffic.stored_batches import BUCKET, StoredBatch, store_batches
from analytics_commands.foundation.sources import SOURCES

VARIANTS = ("ours", "plain")
# Events an object → objects a phase. The first phase of each warms up, the others are counted.
_PHASES = {4: 20, 500: 1}
_TIMES = 3
_TOLERANCE = 0.02


def count_loading(variant: str, counting: Counting) -> Mapping[int, float]:
    """Return the instructions an event, by the number of events an object has.

    Raises NotCounted, also when a row is missing or there twice.
    """
    phases = _make_phases()
    with running_fake(counting.native.fake_services) as fake:
        _load(variant, phases, fake, counting)
    totals = [total_of(counting.folder, number) or 0 for number in range(2, len(phases) + 2)]
    return {
        size: _mean(totals[n * _TIMES + 1 : (n + 1) * _TIMES], size * objects)
        for n, (size, objects) in enumerate(_PHASES.items())
    }


def _make_phases() -> Sequence[Sequence[StoredBatch]]:
    phases, first = [], 0
    for size, objects in _PHASES.items():
        for _ in range(_TIMES):
            phases.append(store_batches(size, objects, first))
            first += objects
    return phases


def _load(
    variant: str,
    phases: Sequence[Sequence[StoredBatch]],
    fake: FakeCloud,
    counting: Counting,
) -> None:
    plan = counting.folder / "plan.json"
    data = [[stored.finalized for stored in phase] for phase in phases]
    library = str(counting.library)
    plan.write_text(json.dumps({"variant": variant, "library": library, "phases": data}))
    for stored in (stored for phase in phases for stored in phase):
        fake.put(BUCKET, stored.name, stored.content)
    variables = {
        "BUCKET_NAME": BUCKET,
        "GOOGLE_CLOUD_PROJECT": "bench",
        "STORAGE_EMULATOR_HOST": fake.url,
        "BIGQUERY_EMULATOR_HOST": fake.url,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(SOURCES / "functions"),
    }
    command = ["env", *(f"{name}={value}" for name, value in variables.items())]
    command += [*callgrind(counting.folder, from_start=False), counting.python]
    command += [str(SUBJECTS / "load_objects.py"), str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise NotCounted(f"load, {variant}: {done.stderr[-2000:]}")
    _check_rows(variant, phases, fake)


def _check_rows(variant: str, phases: Sequence[Sequence[StoredBatch]], fake: FakeCloud) -> None:
    inserted = [
        row["insertId"]
        for stored in fake.stored()
        if stored.path.endswith("/insertAll")
        for row in json.loads(stored.content)["rows"]
    ]
    wanted = sorted(i for phase in phases for stored in phase for i in stored.event_ids)
    if sorted(inserted) != wanted:
        raise NotCounted(f"load, {variant}: {len(inserted)} rows of {len(wanted)} events")


def _mean(totals: Sequence[int], events: int) -> float:
    if not totals or max(totals) > (1 + _TOLERANCE) * min(totals):
        raise NotCounted(f"{totals} instructions: the phases do not agree")
    return sum(totals) / len(totals) / events
