"""The proof in Cloud Storage: each receipt names an object that holds as many events as were sent.

By listing alone: the objects' metadata says it, nothing is downloaded.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally, read_batch_id
from analytics_pipeline.stored_objects import StoredObject


@dataclass(frozen=True)
class Stored:
    """What there is of a run in Cloud Storage.

    `missing` are batches whose receipt names no object; `unacknowledged` counts objects that no
    receipt names, such as those of attempts whose answer was lost; `of_another_size` counts
    objects that hold more or fewer events than a batch.
    """

    objects: int
    events: int
    missing: frozenset[int]
    unacknowledged: int
    of_another_size: int


def compare_objects(objects: Iterable[StoredObject], plan: Plan, tally: Tally) -> Stored:
    """Compare the objects of a run with the receipts."""
    missing = tally.batches_by_id()
    count = events = acknowledged = of_another_size = 0
    for stored in objects:
        count += 1
        events += stored.event_count or 0
        batch_id = read_batch_id(stored.metadata.get("batch_id", ""))
        if batch_id is not None and missing.pop(batch_id, None) is not None:
            acknowledged += 1
        of_another_size += stored.event_count != plan.batch_size
    return Stored(
        objects=count,
        events=events,
        missing=frozenset(missing.values()),
        unacknowledged=count - acknowledged,
        of_another_size=of_another_size,
    )
