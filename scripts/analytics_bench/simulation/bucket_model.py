"""A bucket of one environment with so many objects a day, every day, and how long listing it takes.

It makes up its objects when they are listed. One stands for many where there are many: pages hold
as many fewer, so that their number is that of a bucket of the whole size.
"""

import heapq
import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import md5

from analytics_pipeline.object_names import (
    BatchName,
    ObjectRef,
    Partition,
    event_time_of,
    parse_object_name,
)
from analytics_pipeline.reconcile.ports import ListedPage, OutOfTime, Stretch
from analytics_pipeline.stored_objects import StoredObject

PAGE_SECONDS = 0.2  # of a listing of a thousand objects
SIDE_BY_SIDE = 16
ENVIRONMENT = "live"
_BUCKET = "bench"
_DAY_SECONDS = 86_400
_PAGE = 1000
_MOST_OBJECTS = 10_000  # of a day that are made up, unless its pages are more
_FIRST = date(2026, 1, 1)
_EVENT_DS = "event_ds="


@dataclass
class Clock:
    """The time that is over, in seconds."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        """Return it, as time.monotonic does."""
        return self.seconds

    def spend(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds


@dataclass
class BucketModel:
    """Lists objects of the days that are kept until `today` (ports.StretchLister)."""

    per_second: float
    days_kept: int
    now: datetime
    clock: Clock
    pages_listed: int = 0
    _page: int = field(init=False)
    _count: int = field(init=False)

    def __post_init__(self) -> None:
        """Choose how many objects one stands for."""
        pages = math.ceil(self.per_second * _DAY_SECONDS / _PAGE)
        self._page = max(1, min(_PAGE, _MOST_OBJECTS // pages))
        self._count = pages * self._page

    def environments(self, is_over: Callable[[], bool]) -> list[str]:
        """Return the only one."""
        self.clock.spend(PAGE_SECONDS)
        if is_over():
            raise OutOfTime("environments")
        return [ENVIRONMENT]

    def pages(
        self, stretches: Sequence[Stretch], most_pages: int, is_over: Callable[[], bool]
    ) -> Iterator[ListedPage]:
        """Yield the pages of the stretches as they come, so many of them side by side."""
        waiting, running = deque(stretches), list[tuple[float, str, int, Stretch, str]]()

        def begin(stretch: Stretch, number: int, start: str) -> None:
            due = self.clock.seconds + PAGE_SECONDS
            heapq.heappush(running, (due, stretch.label, number, stretch, start))

        while True:
            while waiting and len(running) < SIDE_BY_SIDE and not is_over():
                stretch = waiting.popleft()
                begin(stretch, 1, stretch.start)
            if not running:
                return
            due, _, number, stretch, start = heapq.heappop(running)
            self.clock.seconds = max(self.clock.seconds, due)
            self.pages_listed += 1
            names = self._names_from(start, stretch.end)
            is_last = len(names) <= self._page
            if not is_last and number < most_pages and not is_over():
                begin(stretch, number + 1, names[self._page])
            yield ListedPage(stretch, number, list(map(stored_at, names[: self._page])), is_last)

    def name_near(self, moment: datetime) -> str:
        """Return the name of an object that it holds, received at about that moment."""
        seconds = (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)).seconds
        index = self._count * seconds // _DAY_SECONDS
        wanted = f"-{index}"
        names = names_of(moment.date(), self._count)
        return next(name for name in names if name.endswith(wanted))

    def _names_from(self, start: str, end: str) -> list[str]:
        """Return the names from `start` up to `end`, one more than a page has."""
        found: list[str] = []
        day = max(_day_in(start), self.now.date() - timedelta(days=self.days_kept))
        while day <= self.now.date() and len(found) <= self._page:
            names = names_of(day, self._count)
            first, last = bisect_left(names, start), bisect_left(names, end)
            found += names[first : min(last, first + self._page + 1 - len(found))]
            if last < len(names):
                break
            day += timedelta(days=1)
        return found


@cache
def names_of(day: date, count: int) -> list[str]:
    """Return the names of a day's objects: of random sessions, evenly over the day, in order."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    step = timedelta(seconds=_DAY_SECONDS / count)
    return sorted(name_at(begin + index * step, index) for index in range(count))


def stored_at(name: str) -> StoredObject:
    """Return the object of that name, which was created when its name says."""
    place = parse_object_name(name)
    if place is None:
        raise ValueError(name)
    created = datetime.fromisoformat(place.leaf.partition("Z")[0]).replace(tzinfo=UTC)
    return StoredObject(ObjectRef(_BUCKET, name, "1"), place, created, size=1)


def name_at(received: datetime, number: int) -> str:
    """Return the name of an object of a random session."""
    session = md5(f"{received}".encode(), usedforsecurity=False).hexdigest()
    day = received.date().isoformat()
    partition = Partition(ENVIRONMENT, "function", day, event_time_of(received))
    return BatchName("json", partition, session, received, number).format()


def _day_in(name: str) -> date:
    """Return the day that a stretch's start is in; before all days, the first."""
    _, found, rest = name.partition(_EVENT_DS)
    return date.fromisoformat(rest[:10]) if found else _FIRST
