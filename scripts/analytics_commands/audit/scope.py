"""Which objects an audit is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics_pipeline.object_names import event_time_of
from analytics_pipeline.stored_objects import Selection

_THIRD = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Scope:
    """Objects received in [since, settled) are audited; those in [settled, until) are pending.

    Everything is reckoned at one moment, `now`: what is younger than `settle` may be on its way.
    """

    selection: Selection
    settle: timedelta
    now: datetime

    @property
    def settled(self) -> datetime:
        """What was received before then must have arrived; never before `since`."""
        settled = min(self.selection.until, self.now - self.settle)
        return max(self.selection.since, settled)

    def listed_below(self, categories: Sequence[str]) -> Sequence[str]:
        """Return the prefixes, by name, of the thirds of days in which the objects were received.

        There they are, unless their client said otherwise; `categories` are prefixes, too.
        """
        thirds = list(_thirds(self.selection))
        return sorted(f"{category}{third}/" for category in categories for third in thirds)


def _thirds(selection: Selection) -> Iterator[str]:
    """Yield `event_ds` and `event_time` of every third of a UTC day that is selected in part."""
    midnight = selection.since.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = midnight + (selection.since - midnight) // _THIRD * _THIRD
    while begun < selection.until:
        yield f"event_ds={begun.date().isoformat()}/event_time={event_time_of(begun)}"
        begun += _THIRD
