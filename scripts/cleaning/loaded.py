"""Which objects BigQuery holds all events of: listings and counts, read side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analytics_pipeline.reconcile.ports import Entry
from analytics_pipeline.reconcile.shortfalls import LedgerCursor
from analytics_pipeline.stored_objects import StoredObject


@dataclass(frozen=True, slots=True)
class Found:
    """A stored object, and how many of its events should be in BigQuery and are not."""

    stored: StoredObject
    missing: int


def find_missing(objects: Iterable[StoredObject], entries: Iterator[Entry]) -> Iterator[Found]:
    """Yield every object; both sides come by URI.

    The first entry is taken when the first object comes that is to be loaded.
    """
    cursor = LedgerCursor(entries)
    for stored in objects:
        yield Found(stored, cursor.missing_of(stored) if stored.place.is_loadable else 0)
