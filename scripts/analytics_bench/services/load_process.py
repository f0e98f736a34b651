"""Objects loaded by a process of its own (subjects/load_objects.py), and whether all arrived."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics_bench.services.clean_environment import clean_environment
from analytics_bench.services.fake_cloud import FakeCloud
from analytics_bench.services.function_server import SUBJECTS
from analytics_bench.traffic.stored_batches import BUCKET, StoredBatch, store_batches
from analytics_commands.foundation.sources import SOURCES

VARIANTS = ("ours", "plain")


class LoadingFailed(Exception):
    """A process failed, or its rows are not the events of its objects."""


@dataclass(frozen=True)
class Phases:
    """What is loaded: of each size (events an object) so many objects, and that so many times."""

    objects: Mapping[int, int]
    times: int

    def make(self) -> Sequence[Sequence[StoredBatch]]:
        """Return the objects of each phase; none has the name of another."""
        phases, first = [], 0
        for size, count in self.objects.items():
            for _ in range(self.times):
                phases.append(store_batches(size, count, first))
                first += count
        return phases

    def events_per_phase(self) -> Sequence[int]:
        """Return the number of events of each phase."""
        return [size * n for size, n in self.objects.items() for _ in range(self.times)]

    def by_size(self, values: Sequence[float]) -> Mapping[int, Sequence[float]]:
        """Return the phases' values by the size of their objects, without the first: a warm-up."""
        return {
            size: values[index * self.times + 1 : (index + 1) * self.times]
            for index, size in enumerate(self.objects)
        }


def load_objects(
    variant: str,
    python: Sequence[str],
    phases: Phases,
    fake: FakeCloud,
    folder: Path,
    *,
    library: Path | None = None,
) -> Sequence[float]:
    """Load all of the phases; returns the CPU seconds of each. Raises LoadingFailed.

    With the `library` callgrind's counters are dumped before the first phase, and after each.
    """
    objects = phases.make()
    fake.reset()
    for stored in (stored for phase in objects for stored in phase):
        fake.put(BUCKET, stored.name, stored.content)
    plan = {
        "variant": variant,
        "library": str(library) if library else None,
        "phases": [[stored.finalized for stored in phase] for phase in objects],
    }
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    variables = {
        "BUCKET_NAME": BUCKET,
        "GOOGLE_CLOUD_PROJECT": "bench",
        "STORAGE_EMULATOR_HOST": fake.url,
        "BIGQUERY_EMULATOR_HOST": fake.url,
        "PYTHONPATH": str(SOURCES / "functions"),
    }
    command = [*clean_environment(variables), *python]
    command += [str(SUBJECTS / "load_objects.py"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise LoadingFailed(f"load, {variant}: {done.stderr[-2000:]}")
    _check_rows(variant, objects, fake)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def _check_rows(variant: str, phases: Sequence[Sequence[StoredBatch]], fake: FakeCloud) -> None:
    """Compare each row's index and attributes with those of the event that has its id."""
    wanted = {
        event_id: _essence(json.loads(event)["eventIndex"], json.loads(event)["eventAttributes"])
        for phase in phases
        for stored in phase
        for event_id, event in zip(stored.event_ids, stored.events, strict=True)
    }
    rows = [
        row
        for stored in fake.stored()
        if stored.path.endswith("/insertAll")
        for row in json.loads(stored.content)["rows"]
    ]
    found = {row["insertId"]: _essence_of(row["json"]) for row in rows}
    if len(rows) != len(found) or found != wanted:
        raise LoadingFailed(f"load, {variant}: {len(rows)} rows are not the {len(wanted)} events")


def _essence_of(row: Mapping[str, Any]) -> tuple[int, str]:
    return _essence(row["event_index"], json.loads(row["event_attributes"]))


def _essence(index: int | str, attributes: object) -> tuple[int, str]:
    return int(index), json.dumps(attributes, sort_keys=True)
