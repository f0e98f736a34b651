"""Use case: which stored objects lack rows, by comparing listings with counts. Nothing is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter

from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.foundation.accounts.ledger import Ledger, LedgerEntry
from analytics_pipeline.object_names import LOADED_CATEGORY, prefix_of
from analytics_pipeline.stored_objects import MAX_AGE, Day, Selection, StoredObject

MAX_OBJECTS = 5_000
_END = chr(0x10FFFF)  # comes after every URI


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

    def __init__(self, entries: Iterator[LedgerEntry]) -> None:
        self._versions = groupby(entries, key=attrgetter("gcs_uri"))
        self._uri = ""
        self._entries: list[LedgerEntry] = []

    def missing_of(self, stored: StoredObject) -> int:
        """Return how many of the object's events BigQuery lacks; objects come in order.

        One that does not say how many it has lacks one, if there is nothing of it.
        """
        uri = stored.ref.uri
        while self._uri < uri:
            self._uri, entries = next(self._versions, (_END, ()))
            self._entries = list(entries)
        for entry in self._entries:
            if (entry.gcs_uri, entry.generation) == (uri, stored.ref.generation):
                return entry.missing_of(stored.event_count)
        return 1 if stored.event_count is None else stored.event_count


@dataclass(frozen=True, slots=True)
class _Span:
    """The time in which a day's objects were received, as far as their rows are concerned."""

    earliest: datetime
    latest: datetime


class ShortfallFinder:
    """Compares what is stored with what BigQuery holds; `clock` returns the time in UTC."""

    def __init__(self, lister: Inventory, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._lister = lister
        self._ledger = ledger
        self._clock = clock

    def days(self, selection: Selection) -> list[Day]:
        """Return the days that may lack something, those near to the time selected first.

        Without a category, that is the one that is always loaded. An `event_ds` may be any day,
        ten years ahead, too, where a client's clock is wrong: such come last.

        Raises TransientError.
        """
        category = selection.event_category or LOADED_CATEGORY
        days = self._lister.days("json", selection.analytics_environment, category)
        today = selection.until.date()
        return sorted(days, key=lambda day: abs(date.fromisoformat(day.event_ds) - today))

    def find(self, day: Day, selection: Selection) -> Iterator[Shortfall]:
        """Yield what the day lacks, up to MAX_OBJECTS at a time, so that it fits into memory.

        Of a day that lacks nothing comes an empty shortfall. Raises TransientError.
        """
        seen_at = self._clock()
        incomplete = self._incomplete(day, selection)
        while True:
            found = list(islice(incomplete, MAX_OBJECTS))
            missing = sum(count for _, count in found)
            yield Shortfall(day, [stored for stored, _ in found], missing, seen_at)
            if len(found) < MAX_OBJECTS:
                break

    def _incomplete(self, day: Day, selection: Selection) -> Iterator[tuple[StoredObject, int]]:
        """Yield the day's objects that lack rows, and of how many events (at least 1).

        Rows of an object that does not say when its events were received are looked for on the
        day it was created, and only then, which BigQuery bills by the day, on any other.
        """
        span = self._span(day, selection)
        if span is None:
            return  # most days of a long history: nothing to ask BigQuery about
        doubtful: list[StoredObject] = []
        for each, missing in self._compare(day, self._stored(day, selection), span):
            if each.own_received is None:
                doubtful.append(each)
            else:
                yield each, missing
        if doubtful:
            yield from self._compare(day, doubtful, span, slack=MAX_AGE)

    def _compare(
        self,
        day: Day,
        objects: Iterable[StoredObject],
        span: _Span,
        slack: timedelta = timedelta(0),
    ) -> Iterator[tuple[StoredObject, int]]:
        received = Selection(
            span.earliest, span.latest, day.analytics_environment, day.event_category
        )
        with closing(self._ledger.entries(received, day.event_ds, slack=slack)) as entries:
            cursor = LedgerCursor(entries)
            for each in objects:
                if missing := cursor.missing_of(each):
                    yield each, missing

    def _span(self, day: Day, selection: Selection) -> _Span | None:
        """Return when the day's objects were received, None if none of them is meant.

        BigQuery bills by the days that a query reads: a listing more is far cheaper.
        """
        span: _Span | None = None
        for each in self._stored(day, selection):
            received = each.received
            if span is None:
                span = _Span(received, received)
            span = _Span(min(span.earliest, received), max(span.latest, received))
        return span

    def _stored(self, day: Day, selection: Selection) -> Iterator[StoredObject]:
        prefix = prefix_of("json", day.analytics_environment, day.event_category, day.event_ds)
        for each in self._lister.objects(prefix):
            if selection.includes(each.received) and not each.is_rewritten:
                yield each
