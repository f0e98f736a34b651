"""Pure: into which stretches of names a bucket is cut, so that many are listed side by side."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from analytics_pipeline.object_names import EVENT_TIMES, LOADED_CATEGORY, NO_SESSION, prefix_of
from analytics_pipeline.reconcile.ports import Stretch
from analytics_pipeline.stored_objects import Selection

_ONE_DAY = timedelta(days=1)
# Sessions have random ids, most of them in hexadecimal; what has none is told apart by its time.
_FIRST_LETTERS = ("", "4", "8", "c")
_HOURS = 2


def days_of(selection: Selection) -> Sequence[date]:
    """Return the UTC days of the time selected: the `event_ds` of what was received in it."""
    first, last = selection.since.date(), selection.until.date()
    return [first + index * _ONE_DAY for index in range((last - first).days + 1)]


def whole_of(environment: str, days: Sequence[date]) -> Stretch:
    """Return all that an environment has of some neighbouring days, in the loaded category."""
    label = prefix_of("json", environment, LOADED_CATEGORY)
    return Stretch(label, _day(label, days[0]), _day(label, days[-1] + _ONE_DAY))


def parts_of(label: str, days: Sequence[date]) -> Sequence[Stretch]:
    """Cut the whole of that label into parts, about as large each; no name is left out."""
    cuts = sorted({cut for day in days for cut in _cuts(_day(label, day), day)})
    ends = (_day(label, days[0]), *cuts, _day(label, days[-1] + _ONE_DAY))
    return [Stretch(start, start, end) for start, end in pairwise(ends)]


def _day(prefix: str, day: date) -> str:
    return f"{prefix}event_ds={day.isoformat()}"


def _cuts(prefix: str, day: date) -> Iterator[str]:
    """Yield where to cut a day: in thirds, by the session, and by the time where there is none."""
    for index, event_time in enumerate(EVENT_TIMES):
        third = f"{prefix}/event_time={event_time}/"
        yield from (third + letter for letter in _FIRST_LETTERS)
        hours = range(8 * index, 8 * index + 8, _HOURS)
        yield from (f"{third}{NO_SESSION}/{day.isoformat()}T{hour:02}" for hour in hours)
