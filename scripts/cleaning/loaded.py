"""Which objects BigQuery holds all events of: listings and counts, read side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analytics_pipeline.ledger import Entry
from analytics_pipeline.stored_objects import StoredObject


@dataclass(frozen=True, slots=True)
class Found:
    """A stored object, and how many of its events should be in BigQuery and are not."""

    stored: StoredObject
    missing: int


def find_missing(objects: Iterable[StoredObject], entries: Iterator[Entry]) -> Iterator[Found]:
    """Yield every object; both sides come by URI.

    The first entry is taken when the first object comes that is to be loaded. An object that does
    not say how many events it has lacks one if there is nothing of it.
    """
    entry: Entry | None = None
    is_begun = False
    for stored in objects:
        if not stored.place.is_loadable:
            yield Found(stored, 0)
            continue
        if not is_begun:
            entry, is_begun = next(entries, None), True
        while entry is not None and entry.gcs_uri < stored.ref.uri:
            entry = next(entries, None)
        count = stored.event_count
        if entry is not None and entry.gcs_uri == stored.ref.uri:
            yield Found(stored, entry.missing_of(count))
        else:
            yield Found(stored, 1 if count is None else count)
