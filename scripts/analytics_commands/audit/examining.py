"""Compares a portion of names: what agrees in all three accounts is counted, the rest is returned.

This runs once for each of ten million objects, so what agrees becomes no object of ours.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from analytics_commands.audit.reading.bucket_pages import MOST_NAMES, BucketPage, ListedObject
from analytics_commands.audit.reading.name_portions import Portion, Span
from analytics_commands.audit.reading.result_pages import AccountRow
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.sightings import Sighting, day_of, see
from analytics_pipeline.object_names import LOADED_CATEGORY, parse_object_name
from analytics_pipeline.stored_objects import FORGOTTEN_COUNT, REWRITTEN_AT, Day

Pages = Callable[[str, str, int], Iterator[BucketPage]]  # BucketPages.pages
_SECOND = 1_000_000  # microseconds
_FEWEST_NAMES = 10
_MOST_PAGES = 8  # of a portion: what nobody knows may be any number of names


class Kind(NamedTuple):
    """What objects have in common as far as the beginning of their names says."""

    day: Day
    data_type: str

    @property
    def is_loaded_category(self) -> bool:
        """Whether it is of the category that is loaded, be it JSON or not."""
        return self.day.event_category == LOADED_CATEGORY


class Agreed(NamedTuple):
    """What is counted together: objects of a day whose events are all rows, or none of them."""

    day: Day
    is_loaded: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """What a portion comes to: how many objects and events agree, and the others, by name.

    `left` is what is still to be examined of it.
    """

    objects: Counter[Agreed]
    events: Counter[Agreed]
    others: Sequence[Sighting]
    left: Portion | None = None


class Examiner:
    """Compares what is in a scope of a bucket; `pages` lists from one name to another."""

    def __init__(self, pages: Pages, bucket: str, scope: Scope) -> None:
        self._pages = pages
        self._bucket = bucket
        self._selection = scope.selection
        self._since = scope.selection.since.timestamp() * _SECOND
        self._settled = scope.settled.timestamp() * _SECOND
        self._kinds: dict[str, Kind] = {}

    def examine(self, portion: Portion) -> Examined:
        """Compare a portion; raises TransientError."""
        listed, cut = self._list(portion.spans)
        rows, left = portion.split(cut)
        versions: dict[str, list[AccountRow]] = {}
        for row in rows:
            versions.setdefault(row.name, []).append(row)
        examined = Examined(Counter(), Counter(), [], left)
        others = list(self._compare(listed, versions, examined))
        names = [name for name in versions if not portion.lists(name)]
        others += self._compare(self._look_up(names, versions), versions, examined)
        others += (see(self._bucket, name, known, None) for name, known in versions.items())
        seen = (each for each in others if each is not None)
        return replace(examined, others=sorted(seen, key=attrgetter("uri")))

    def _list(self, spans: Sequence[Span]) -> tuple[list[ListedObject], str]:
        """Return what is listed, and the name up to which all of it is; empty: to the end."""
        listed: list[ListedObject] = []
        pages = (self._pages(span.start, span.end, MOST_NAMES) for span in spans)
        for number, page in enumerate(chain.from_iterable(pages)):
            listed += page.items
            if number >= _MOST_PAGES and page.next_page_token and page.items:
                return listed, f"{page.items[-1].name}\0"
        return listed, ""

    def _look_up(
        self, names: Sequence[str], versions: Mapping[str, Sequence[AccountRow]]
    ) -> Iterator[ListedObject]:
        """Yield the objects of those names, by leaps: neighbours come with the same page."""
        limit = min(MOST_NAMES, max(_FEWEST_NAMES, 2 * len(names)))
        looked_up = ""
        for name in names:
            if name < looked_up:
                continue
            end = f"{names[-1]}\0"
            pages = self._pages(name, end, limit)
            page = next(page for page in pages if page.items or not page.next_page_token)
            yield from (listed for listed in page.items if listed.name in versions)
            looked_up = f"{page.items[-1].name}\0" if page.next_page_token else end

    def _compare(
        self,
        objects: Iterable[ListedObject],
        versions: dict[str, list[AccountRow]],
        examined: Examined,
    ) -> Iterator[Sighting | None]:
        """Take the versions of the objects, count what agrees, and yield what is to be judged."""
        for listed in objects:
            rows = versions.pop(listed.name, [])
            agreed = self._agreed(rows, listed) if rows else None
            if agreed is not None:
                examined.objects[agreed] += 1
                examined.events[agreed] += rows[0].accepted or 0
            elif rows or self._may_be_meant(listed):
                yield see(self._bucket, listed.name, rows, listed)

    def _agreed(self, rows: Sequence[AccountRow], listed: ListedObject) -> Agreed | None:
        """Return what to count an object as on which all agree, None for one to be judged."""
        row, said = rows[0], listed.metadata
        if (
            len(rows) > 1
            or row.oddities is not None
            or row.accepted is None
            or said.get("event_count") != str(row.accepted)
            or FORGOTTEN_COUNT in said
            or REWRITTEN_AT in said
            or not self._since <= row.received < self._settled
            or abs(_said_micros(listed) - row.received) > 1
        ):
            return None
        kind = self._kind(listed.name)
        if kind is None:
            return None
        if row.loaded is None:
            return None if kind.is_loaded_category else Agreed(kind.day, is_loaded=False)
        is_own = row.generation == listed.generation and row.loaded == row.accepted
        return Agreed(kind.day, is_loaded=True) if is_own and kind.data_type == "json" else None

    def _may_be_meant(self, listed: ListedObject) -> bool:
        """Return whether an object may have been received in the time audited."""
        said = _said_micros(listed)
        until = self._selection.until.timestamp() * _SECOND
        is_said = self._since - _SECOND < said < until + _SECOND
        return is_said or self._selection.includes(listed.time_created)

    def _kind(self, name: str) -> Kind | None:
        head = name.partition("/event_time=")[0]
        kind = self._kinds.get(head)
        if kind is None and (place := parse_object_name(name)) is not None:
            kind = self._kinds[head] = Kind(day_of(place), place.data_type)
        return kind


def _said_micros(listed: ListedObject) -> float:
    """Return when an object was received by its own plain word, 0 without one."""
    said = listed.metadata.get("received_timestamp") or ""
    return float(said) * _SECOND if said.replace(".", "", 1).isdecimal() else 0.0
