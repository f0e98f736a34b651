"""The quota of the one consumer project that all local keys belong to."""

from collections import Counter
from collections.abc import Callable, Mapping

_MINUTE = 60.0


class Quota:
    """Counts what is used of each metric in the current minute; `clock` returns seconds."""

    def __init__(self, limits: Mapping[str, int], clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._minute = 0
        self._used: Counter[str] = Counter()

    def take(self, costs: Mapping[str, int]) -> str | None:
        """Take the costs of one call; returns the metric that does not suffice, then takes none."""
        minute = int(self._clock() // _MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        for metric, cost in costs.items():
            if metric in self._limits and self._used[metric] + cost > self._limits[metric]:
                return metric
        self._used.update(costs)
        return None
