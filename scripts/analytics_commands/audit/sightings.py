"""Pure: one object as BigQuery, the receipts and the bucket know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from analytics_commands.audit.reading.bucket_pages import ListedObject
from analytics_commands.audit.reading.result_pages import AccountRow
from analytics_pipeline.object_names import ObjectPlace, ObjectRef, object_uri, parse_object_name
from analytics_pipeline.stored_objects import Day, StoredObject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOWHERE = Day("None", "None", "None")  # of rows whose object could not be of this layout


@dataclass(frozen=True, slots=True)
class Held:
    """What BigQuery holds of a version of an object, in events (ports.LedgerEntry)."""

    generation: str
    loaded: int
    dead_lettered: int
    lettered_as_whole: int
    rows: int
    distinct_rows: int
    visible_rows: int
    later_copies: int

    @classmethod
    def of(cls, row: AccountRow) -> "Held":
        """Return what a row says."""
        loaded = row.loaded or 0
        if row.oddities is None:
            return cls(row.generation or "", loaded, 0, 0, loaded, loaded, loaded, 0)
        return cls(row.generation or "", loaded, *map(int, row.oddities.split()))


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object; None where one of the three does not know it. At least one does.

    `held` are the versions of which BigQuery holds anything; `accepted` counts the events of which
    a client was told.
    """

    uri: str
    day: Day
    received: datetime
    held: Sequence[Held] = ()
    accepted: int | None = None
    stored: StoredObject | None = None

    @property
    def own_held(self) -> Sequence[Held]:
        """What BigQuery holds of the object as it is, or as it was when it is gone.

        Rows of a rewritten object are those of what it was before.
        """
        generation = self.stored and self.stored.loaded_generation
        if generation is None:
            return self.held
        return [each for each in self.held if each.generation == generation]

    @property
    def overwritten(self) -> int:
        """How many rows and dead letters are those of what the object was before."""
        own = self.own_held
        return sum(
            each.rows + each.dead_lettered + each.lettered_as_whole
            for each in self.held
            if each not in own
        )

    @property
    def event_count(self) -> int | None:
        """How many events a stored object must have now: by the log, else by its own word."""
        if self.stored is None:
            return None
        if self.accepted is None:
            return self.stored.event_count
        return self.accepted - self.stored.forgotten_count

    @property
    def loaded(self) -> int:
        """How many of its events have a row."""
        return sum(each.loaded for each in self.own_held)

    @property
    def lettered_as_whole(self) -> int:
        """What a dead letter of the whole object stands for, 0 without one."""
        return max((each.lettered_as_whole for each in self.own_held), default=0)

    @property
    def dead_lettered(self) -> int:
        """How many of its events have a dead letter, and no row."""
        if not self.lettered_as_whole:
            return sum(each.dead_lettered for each in self.own_held)
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


def see(
    bucket: str, name: str, rows: Sequence[AccountRow], listed: ListedObject | None
) -> Sighting | None:
    """Return what is known of an object, None for what is no object of the layout, or a folder.

    The object knows best when it was received, the receipts next.
    """
    place = parse_object_name(name)
    stored = None
    if listed is not None:
        if place is None or not place.is_file:
            return None
        stored = _stored(bucket, place, listed)
    return Sighting(
        uri=object_uri(bucket, name),
        day=day_of(place),
        received=_received(rows) if stored is None else stored.received,
        held=tuple(Held.of(row) for row in rows if row.loaded is not None),
        accepted=next((row.accepted for row in rows if row.accepted is not None), None),
        stored=stored,
    )


def day_of(place: ObjectPlace | None) -> Day:
    """Return the part of the layout that an object is in."""
    if place is None:
        return _NOWHERE
    partition = place.partition
    return Day(partition.event_ds, partition.analytics_environment, partition.event_category)


def _received(rows: Sequence[AccountRow]) -> datetime:
    return _EPOCH + timedelta(microseconds=min(row.received for row in rows))


def _stored(bucket: str, place: ObjectPlace, listed: ListedObject) -> StoredObject:
    return StoredObject(
        ref=ObjectRef(bucket, listed.name, listed.generation),
        place=place,
        created=listed.time_created.astimezone(UTC),
        size=listed.size,
        metadata={key: said for key, said in listed.metadata.items() if said is not None},
    )
