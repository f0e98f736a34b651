"""Memory and handles of each process while it lives, and whether they grow."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analytics_soak.lifetimes import SERVICES, Lifetimes

_EVERY_SECONDS, _WARM_SECONDS = 2.0, 60.0
_LEAST_SECONDS = 120.0  # after the first minute, to tell growth from noise
_ROLES = (SERVICES, "ingest", "load")  # the others come and go
_MB = 1000 / 1.024  # KiB in a MB
_MOST_GROWTH = 0.10
# A fault that holds requests up leaves a thread more, once; each client may have two connections.
_FEW_MB, _FEW_HANDLES = 10, 128


@dataclass(frozen=True, slots=True)
class Growth:
    """What a process used after its first minute, and at its end: `memory` in MB, `handles`.

    `seconds` lie between.
    """

    role: str
    seconds: float
    memory: tuple[float, float]
    handles: tuple[float, float]

    @property
    def share(self) -> float:
        """By how much the memory grew, as a share of what it was."""
        return self.memory[1] / self.memory[0] - 1

    def __str__(self) -> str:
        """Return it for people."""
        memory, handles = ("{:.0f} to {:.0f}".format(*each) for each in (self.memory, self.handles))
        return (
            f"{self.role} {memory} MB ({self.share:+.1%}) and {handles} handles"
            f" in {self.seconds:.0f} s after its first minute"
        )

    @property
    def is_flat(self) -> bool:
        """Whether it used about as much in the end."""
        more_mb, more_handles = (last - first for first, last in (self.memory, self.handles))
        return (self.share <= _MOST_GROWTH or more_mb <= _FEW_MB) and more_handles <= _FEW_HANDLES


@dataclass(slots=True)
class Samples:
    """What was measured of each process: (seconds of life, MB, handles), by role and process."""

    taken: dict[tuple[str, int], list[tuple[float, float, float]]] = field(default_factory=dict)
    _born: dict[tuple[str, int], float] = field(default_factory=dict)

    async def keep_taking(self, lifetimes: Lifetimes) -> None:
        """Measure until cancelled."""
        while True:
            self.take(lifetimes.processes())
            await asyncio.sleep(_EVERY_SECONDS)

    def take(self, processes: Mapping[str, list[int]]) -> None:
        """Measure each role once."""
        for role in _ROLES:
            pids = processes.get(role)
            if pids and (used := _used(pids)):
                life = (role, pids[0])
                now = time.monotonic()
                age = now - self._born.setdefault(life, now)
                self.taken.setdefault(life, []).append((age, *used))

    def growths(self) -> list[Growth]:
        """Return the growth of each process that lived long enough to tell, the longest first."""
        found = []
        for (role, _), samples in self.taken.items():
            warm = [sample for sample in samples if sample[0] >= _WARM_SECONDS]
            seconds = warm[-1][0] - warm[0][0] if warm else 0.0
            if seconds >= _LEAST_SECONDS:
                _, memory, handles = zip(*warm, strict=True)
                found.append(Growth(role, seconds, _ends(memory), _ends(handles)))
        return sorted(found, key=lambda growth: -growth.seconds)


def _ends(values: tuple[float, ...]) -> tuple[float, float]:
    """Return the medians of the first quarter of the values, and of the last."""
    some = max(1, len(values) // 4)
    return statistics.median(values[:some]), statistics.median(values[-some:])


def _used(pids: list[int]) -> tuple[float, float] | None:
    """Return memory in MB, what they share counted once, and open handles; None if one ended.

    Without libraries: their share depends on who else on this machine has them open.
    """
    kib, handles = 0, 0
    try:
        for pid in pids:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kib += int(rollup.partition("\nPss_Anon:")[2].split(maxsplit=1)[0])
            handles += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except (OSError, IndexError):
        return None
    return kib / _MB, float(handles)
