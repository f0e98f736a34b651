"""Pure: one object as BigQuery, the log and the bucket know it: three streams, merged by URI."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from analytics_commands.audit.accepted import Accepted
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_pipeline.reconcile.ports import LedgerEntry
from analytics_pipeline.stored_objects import Day, StoredObject


class OutOfOrder(CommandFailed):
    """A stream is not in the order of the URIs, so it cannot be compared."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object; None where one of the three does not know it. At least one does.

    `entries` are those of every generation of which BigQuery holds anything.
    """

    uri: str
    day: Day
    received: datetime
    entries: Sequence[LedgerEntry] = ()
    accepted: Accepted | None = None
    stored: StoredObject | None = None

    @property
    def own_entries(self) -> Sequence[LedgerEntry]:
        """What BigQuery holds of the object as it is, or as it was when it is gone.

        Rows of a rewritten object are those of what it was before.
        """
        if self.stored is None or self.stored.is_rewritten:
            return self.entries
        return [each for each in self.entries if each.generation == self.stored.ref.generation]

    @property
    def overwritten(self) -> int:
        """How many rows and dead letters are those of what the object was before."""
        own = self.own_entries
        return sum(
            each.rows + each.dead_lettered + each.lettered_as_whole
            for each in self.entries
            if each not in own
        )

    @property
    def event_count(self) -> int | None:
        """How many events a stored object must have now: by the log, else by its own word."""
        if self.stored is None:
            return None
        if self.accepted is None:
            return self.stored.event_count
        return self.accepted.event_count - self.stored.forgotten_count

    @property
    def loaded(self) -> int:
        """How many of its events have a row."""
        return sum(each.loaded for each in self.own_entries)

    @property
    def lettered_as_whole(self) -> int:
        """What a dead letter of the whole object stands for, 0 without one."""
        return max((each.lettered_as_whole for each in self.own_entries), default=0)

    @property
    def dead_lettered(self) -> int:
        """How many of its events have a dead letter, and no row."""
        if not self.lettered_as_whole:
            return sum(each.dead_lettered for each in self.own_entries)
        events = self.lettered_as_whole if self.event_count is None else self.event_count
        return max(0, events - self.loaded)

    @property
    def missing(self) -> int:
        """How many of its events are neither loaded nor dead-lettered.

        Of an object that does not say how many it has, all are there if any are.
        """
        if self.event_count is None:
            return 0
        return max(0, self.event_count - self.loaded - self.dead_lettered)


def merge_sightings(
    root: str,
    entries: Iterable[LedgerEntry],
    accepted: Iterable[Accepted],
    stored: Iterable[StoredObject],
) -> Iterator[Sighting]:
    """Yield every object below `root` (`gs://bucket/`) once; each stream comes by URI.

    They are begun in the order given: the listing is the youngest, so what BigQuery and the log
    know is in it, unless it is gone. Raises OutOfOrder.
    """
    merged = heapq.merge(
        _ascending(_of_entry(each) for each in entries if each.gcs_uri.startswith(root)),
        _ascending(_of_accepted(each) for each in accepted),
        _ascending(_of_stored(each) for each in stored),
        key=attrgetter("uri"),
    )
    for _, known in groupby(merged, key=attrgetter("uri")):
        yield _join(known)


def _join(known: Iterable[Sighting]) -> Sighting:
    """Return one sighting of what several know; the last knows best where and when."""
    *others, last = known
    for each in others:
        last = Sighting(
            last.uri,
            last.day,
            last.received,
            (*last.entries, *each.entries),
            last.accepted or each.accepted,
            last.stored,
        )
    return last


def _of_entry(entry: LedgerEntry) -> Sighting:
    day = Day(str(entry.event_ds), entry.analytics_environment, entry.event_category)
    return Sighting(entry.gcs_uri, day, entry.received, entries=(entry,))


def _of_accepted(accepted: Accepted) -> Sighting:
    return Sighting(accepted.uri, accepted.day, accepted.moment, accepted=accepted)


def _of_stored(stored: StoredObject) -> Sighting:
    partition = stored.place.partition
    day = Day(partition.event_ds, partition.analytics_environment, partition.event_category)
    return Sighting(stored.ref.uri, day, stored.received, stored=stored)


def _ascending(sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    last = ""
    for each in sightings:
        if each.uri < last:
            raise OutOfOrder(f"{each.uri} comes after {last}")
        last = each.uri
        yield each
