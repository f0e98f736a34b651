"""How much came and went, second by second."""

from collections import Counter, deque

_SECONDS = 61  # the last minute, and the second that is not over


class Tally:
    """Counts by second; what is older than a minute is in the totals alone."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self._seconds: deque[tuple[int, Counter[str]]] = deque(maxlen=_SECONDS)

    def add(self, what: str, at: float, count: int = 1) -> None:
        """Count something that happened at a time, in seconds since the epoch."""
        self.totals[what] += count
        second = int(at)
        if not self._seconds or self._seconds[-1][0] < second:
            self._seconds.append((second, Counter()))
        self._seconds[-1][1][what] += count

    def rate(self, what: str, seconds: int, now: float) -> float:
        """Return how many there were in a second, on average of the last whole `seconds`."""
        until = int(now)
        counts = (
            counter[what] for second, counter in self._seconds if until - seconds <= second < until
        )
        return sum(counts) / seconds
