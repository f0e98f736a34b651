"""Use case: which stored objects lack rows, by comparing listings with counts. Nothing is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from analytics_pipeline.load.rows import MAX_AGE
from analytics_pipeline.object_names import LOADED_CATEGORY, prefix_of
from analytics_pipeline.reconcile.ports import Entry, LedgerReader, ObjectLister
from analytics_pipeline.stored_objects import Day, Selection, StoredObject

MAX_OBJECTS = 5_000
_NO_TIME, _ONE_DAY = timedelta(0), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Objects of one day that lack rows, and of how many events; seen at `seen_at`."""

    day: Day
    objects: Sequence[StoredObject]
    missing_events: int
    seen_at: datetime


class LedgerCursor:
    """Looks up objects in the entries of a ledger, both of them by URI: neither is held in memory.

    The first entry is taken when the first object is looked up.
    """

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._entry: Entry | None = None
        self._is_begun = False

    def missing_of(self, stored: StoredObject) -> int:
        """Return how many of the object's events BigQuery lacks; objects come in order.

        One that does not say how many it has lacks one, if there is nothing of it.
        """
        uri = stored.ref.uri
        while not self._is_begun or (self._entry is not None and self._entry.gcs_uri < uri):
            self._is_begun, self._entry = True, next(self._entries, None)
        if self._entry is not None and self._entry.gcs_uri == uri:
            return self._entry.missing_of(stored.event_count)
        return 1 if stored.event_count is None else stored.event_count


@dataclass(frozen=True, slots=True)
class _Span:
    """The time in which a day's objects were received, as far as their rows are concerned."""

    earliest: datetime
    latest: datetime
    slack: timedelta


class ShortfallFinder:
    """Compares what is stored with what BigQuery holds; `clock` returns the time in UTC."""

    def __init__(
        self, lister: ObjectLister, ledger: LedgerReader, clock: Callable[[], datetime]
    ) -> None:
        self._lister = lister
        self._ledger = ledger
        self._clock = clock

    def find(self, selection: Selection, *, nearby_only: bool = False) -> Iterator[Shortfall]:
        """Yield what every day lacks, the newest `event_ds` first; raises TransientError.

        Up to MAX_OBJECTS come at a time, so that a day of which nothing is loaded fits into
        memory; of a day that lacks nothing comes an empty shortfall, as a place to stop.

        Without a category, that is the one that is always loaded. An `event_ds` may be any day;
        with `nearby_only` those far from the time selected are left out, which saves listings.
        """
        category = selection.event_category or LOADED_CATEGORY
        for day in self._lister.days("json", selection.analytics_environment, category):
            if nearby_only and not _is_nearby(day, selection):
                continue
            seen_at = self._clock()
            incomplete = self._incomplete(day, selection)
            while True:
                found = list(islice(incomplete, MAX_OBJECTS))
                missing = sum(count for _, count in found)
                yield Shortfall(day, [stored for stored, _ in found], missing, seen_at)
                if len(found) < MAX_OBJECTS:
                    break

    def _incomplete(self, day: Day, selection: Selection) -> Iterator[tuple[StoredObject, int]]:
        """Yield the day's objects that lack rows, and of how many events (at least 1)."""
        span = self._span(day, selection)
        if span is None:
            return  # most days of a long history: nothing to ask BigQuery about
        received = Selection(
            span.earliest, span.latest, day.analytics_environment, day.event_category
        )
        with closing(self._ledger.entries(received, day.event_ds, slack=span.slack)) as entries:
            cursor = LedgerCursor(entries)
            for each in self._stored(day, selection):
                if missing := cursor.missing_of(each):
                    yield each, missing

    def _span(self, day: Day, selection: Selection) -> _Span | None:
        """Return when the day's objects were received, None if none of them is meant.

        BigQuery bills by the days that a query reads: a listing more is far cheaper.
        """
        span: _Span | None = None
        for each in self._stored(day, selection):
            received, slack = each.received, _NO_TIME if each.own_received else MAX_AGE
            if span is None:
                span = _Span(received, received, slack)
            span = _Span(
                min(span.earliest, received), max(span.latest, received), max(span.slack, slack)
            )
        return span

    def _stored(self, day: Day, selection: Selection) -> Iterator[StoredObject]:
        prefix = prefix_of("json", day.analytics_environment, day.event_category, day.event_ds)
        for each in self._lister.objects(prefix):
            if selection.includes(each.received) and not each.is_rewritten:
                yield each


def _is_nearby(day: Day, selection: Selection) -> bool:
    """Return whether the `event_ds` is that of the time selected, or next to it."""
    first, last = selection.since - _ONE_DAY, selection.until + _ONE_DAY
    return first.date().isoformat() <= day.event_ds <= last.date().isoformat()
