"""What a process and those that it started use, as Linux tells it."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_UTIME = 11  # of the fields after the name
_KIB_PER_MB = 1000 / 1.024


def family(pid: int) -> list[int]:
    """Return the process and all that it started, which are there now."""
    listing = (_PROC / str(pid) / "task" / str(pid) / "children").read_text()
    return [pid, *(each for child in listing.split() for each in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that the process and its children have used, in seconds."""
    return sum(map(_own_cpu_seconds, family(pid)))


def memory_mb(pid: int) -> float:
    """Return the memory of the process and its children in MB; what they share counts once."""
    return sum(map(_own_memory_kib, family(pid))) / _KIB_PER_MB


def _own_cpu_seconds(pid: int) -> float:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_UTIME + 1])) / _TICKS


def _own_memory_kib(pid: int) -> int:
    rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1])
