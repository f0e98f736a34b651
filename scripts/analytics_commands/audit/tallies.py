"""Pure: events counted by environment, category and day."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from analytics_commands.audit.examining import Agreed
from analytics_commands.audit.sightings import Sighting
from analytics_pipeline.stored_objects import Day

COUNTED = (
    "objects",
    "accepted",
    "stored",
    "forgotten",
    "loaded",
    "dead_lettered",
    "pending",
    "gaps",
)
_KEPT = "kept"  # accepted events whose object is there
_TO_LOAD = "to_load"  # objects whose events belong into BigQuery, or are there


class Tallies:
    """Counts of every day that has something, and of all of them."""

    def __init__(self, *, is_logged: bool) -> None:
        self._is_logged = is_logged
        self._days: dict[Day, Counter[str]] = {}
        self.total: Counter[str] = Counter()

    @property
    def kept(self) -> int:
        """How many accepted events are in an object that is there."""
        return self.total[_KEPT]

    @property
    def has_loaded(self) -> bool:
        """Whether any events belong into BigQuery, or are there."""
        return bool(self.total[_TO_LOAD])

    def add_agreed(self, agreed: Agreed, objects: int, events: int) -> None:
        """Count settled objects of which all say the same, with so many events in all."""
        counts = {"objects": objects, "accepted": events, "stored": events, _KEPT: events}
        if agreed.is_loaded:
            counts |= {"loaded": events, _TO_LOAD: objects}
        self._count(agreed.day, counts)

    def add(self, sighting: Sighting, gaps: int) -> None:
        """Count a settled object, in which so many gaps were found."""
        stored, accepted = sighting.stored, sighting.accepted
        found = sighting.loaded + sighting.dead_lettered
        own = stored.event_count if stored else 0
        counts = {
            "objects": int(stored is not None),
            "accepted": accepted or 0,
            "stored": found if own is None else own,
            "forgotten": stored.forgotten_count if stored else 0,
            "loaded": sighting.loaded,
            "dead_lettered": sighting.dead_lettered,
            "gaps": gaps,
            _KEPT: accepted or 0 if stored else 0,
            _TO_LOAD: int(bool(sighting.held) or (stored is not None and stored.place.is_loadable)),
        }
        self._count(sighting.day, counts)

    def add_pending(self, sighting: Sighting) -> None:
        """Count an object that may still be on its way."""
        said = sighting.event_count
        events = sighting.accepted if said is None else said
        self._count(sighting.day, {"pending": events or 0})

    def _count(self, day: Day, counts: Mapping[str, int]) -> None:
        self._days.setdefault(day, Counter()).update(counts)
        self.total.update(counts)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the counts of each day, None where nothing is counted."""
        for day in sorted(self._days, key=_by_name):
            yield {
                "analytics_environment": day.analytics_environment,
                "event_category": day.event_category,
                "event_ds": day.event_ds,
                **self._shown(self._days[day]),
            }

    def total_record(self) -> dict[str, Any]:
        """Return the counts of all days."""
        return self._shown(self.total)

    def _shown(self, counts: Counter[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {name: counts[name] for name in COUNTED}
        if not self._is_logged:
            shown["accepted"] = None
        if not counts[_TO_LOAD]:
            shown["loaded"] = shown["dead_lettered"] = None
        return shown


def _by_name(day: Day) -> tuple[str, str, str]:
    return day.analytics_environment, day.event_category, day.event_ds
