"""The last traces, in bounded memory, and in the order in which they changed."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from analytics_local_cloud.journal.trace_forms import Trace

MOST_TRACES = 10_000
_MOST_BYTES = 64_000_000


class KeptTraces:
    """Traces by their numbers, which grow, and by their revisions."""

    def __init__(self) -> None:
        self._kept: deque[Trace] = deque()
        self._bytes = 0
        self._count = 0
        self.revision = 0

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def __iter__(self) -> Iterator[Trace]:
        """Yield them, the oldest first."""
        return iter(self._kept)

    def __reversed__(self) -> Iterator[Trace]:
        """Yield them, the newest first."""
        return reversed(self._kept)

    @property
    def oldest(self) -> int:
        """The number of the oldest that is kept; the next number where there is none."""
        return self._kept[0].number if self._kept else self._count + 1

    def add(self, trace: Trace) -> list[Trace]:
        """Give a trace its number, and keep it; returns those that are no longer kept, for it."""
        self._count += 1
        trace.number = self._count
        self._kept.append(trace)
        self._bytes += trace.size
        self.changed(trace)
        dropped = []
        while len(self._kept) > MOST_TRACES or self._bytes > _MOST_BYTES:
            dropped.append(self._kept.popleft())
            self._bytes -= dropped[-1].size
        return dropped

    def changed(self, trace: Trace, grown: int = 0) -> None:
        """Note that a trace has changed, and by how many bytes it has grown."""
        self.revision += 1
        trace.revision = self.revision
        if self.find(trace.number) is trace:
            trace.size += grown
            self._bytes += grown

    def find(self, number: int) -> Trace | None:
        """Return a trace by its number, None for one that is not kept."""
        place = bisect_left(self._kept, number, key=lambda each: each.number)
        found = self._kept[place] if place < len(self._kept) else None
        return found if found and found.number == number else None

    def clear(self, environment: str = "") -> list[Trace]:
        """Keep none of an environment, or of all; returns those. Numbers and revisions go on."""
        dropped = [each for each in self._kept if environment in {"", each.labels[0]}]
        self._kept = deque(each for each in self._kept if environment not in {"", each.labels[0]})
        self._bytes = sum(each.size for each in self._kept)
        self.revision += 1
        return dropped
