"""Use case: which stored objects lack rows, by comparing listings with counts. Nothing is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from analytics_pipeline.object_names import LOADED_CATEGORY, prefix_of
from analytics_pipeline.ports import LedgerReader, ObjectLister
from analytics_pipeline.stored_objects import Day, Selection, StoredObject


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The objects of one day that lack rows, and of how many events; `seen_at` is when."""

    day: Day
    objects: Sequence[StoredObject]
    missing_events: int
    seen_at: datetime


class ShortfallFinder:
    """Compares what is stored with what BigQuery holds; `clock` returns the time in UTC."""

    def __init__(
        self, lister: ObjectLister, ledger: LedgerReader, clock: Callable[[], datetime]
    ) -> None:
        self._lister = lister
        self._ledger = ledger
        self._clock = clock

    def find(self, selection: Selection) -> Iterator[Shortfall]:
        """Yield every day that lacks rows, the newest `event_ds` first; raises TransientError.

        Without a category, that is the one that is always loaded.
        """
        category = selection.event_category or LOADED_CATEGORY
        for day in self._lister.days("json", selection.analytics_environment, category):
            seen_at = self._clock()
            environment = day.analytics_environment
            narrowed = replace(
                selection, analytics_environment=environment, event_category=category
            )
            found = list(self._incomplete(day, narrowed))
            if found:
                missing = sum(count for _, count in found)
                yield Shortfall(day, [stored for stored, _ in found], missing, seen_at)

    def _incomplete(self, day: Day, selection: Selection) -> Iterator[tuple[StoredObject, int]]:
        """Yield the day's objects that lack rows, and of how many events (at least 1).

        Both sides come by URI, so neither is held in memory.
        """
        stored = (
            each
            for each in self._lister.objects(
                prefix_of("json", day.analytics_environment, day.event_category, day.event_ds)
            )
            if selection.includes(each.received) and not each.is_rewritten
        )
        first = next(stored, None)
        if first is None:
            return  # most days of a long history: nothing to ask BigQuery about
        with closing(self._ledger.entries(selection, day.event_ds)) as entries:
            entry = next(entries, None)
            for each in chain([first], stored):
                while entry is not None and entry.gcs_uri < each.ref.uri:
                    entry = next(entries, None)
                if entry is None or entry.gcs_uri != each.ref.uri:
                    yield each, each.event_count or 1
                elif missing := entry.missing_of(each.event_count):
                    yield each, missing
