"""Instructions of a process in user space, counted by callgrind.

They do not depend on what else the machine does: two runs agree within a per cent.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_bench.native.c_programs import Native, find_program

PIPE = "COUNTERS_PIPE"  # the variable of native/dump_counters.c
_DUMP_SECONDS = 120.0
_POLL_SECONDS = 0.01
_TOLERANCE = 0.005
_MOST_PHASES = 14


@dataclass(frozen=True)
class Counting:
    """What counting takes: an interpreter, our programs, and an empty folder to work in."""

    python: str
    native: Native
    library: Path
    folder: Path


class NotCounted(Exception):
    """There is no count; the message says why."""


def callgrind(folder: Path, *, from_start: bool) -> Sequence[str]:
    """Return what a command is given to, to be counted; its counters are written into `folder`.

    Without `from_start` counting begins when the counters are asked for first.
    """
    return [
        find_program("valgrind"),
        "--tool=callgrind",
        "--dump-line=no",
        f"--instr-atstart={'yes' if from_start else 'no'}",
        f"--callgrind-out-file={folder}/counters.%p",
    ]


def read_total(dump: str) -> int | None:
    """Return the instructions of a dump, None while it is being written."""
    last = dump.rstrip("\n").rpartition("\n")[2]
    if not last.startswith("totals: ") or not dump.endswith("\n"):
        return None
    return int(last.split()[1])


def total_of(folder: Path, number: int) -> int | None:
    """Return the instructions of the dump with that number, from 1; None when it is not there."""
    dumps = list(folder.glob(f"counters.*.{number}"))
    return read_total(dumps[0].read_text(errors="replace")) if dumps else None


@dataclass
class WorkerCounters:
    """The counters of a forked worker, which reads `pipe`; counting begins here."""

    folder: Path
    pipe: Path
    _taken: int = 0

    def take(self) -> int:
        """Return the instructions since the last time; raises NotCounted."""
        with self.pipe.open("wb", buffering=0) as pipe:
            pipe.write(b".")
        self._taken += 1
        deadline = time.monotonic() + _DUMP_SECONDS
        while time.monotonic() < deadline:
            total = total_of(self.folder, self._taken)
            if total is not None:
                return total
            time.sleep(_POLL_SECONDS)
        raise NotCounted(f"callgrind wrote no counters into {self.folder}")


def counters_of(folder: Path) -> WorkerCounters:
    """Make the pipe through which a worker that is started next is asked for its counters."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    return WorkerCounters(folder, pipe)


def until_stable(measure: Callable[[], float]) -> float:
    """Measure until two in a row agree within half a per cent, and return their mean.

    The first ones warm up: caches fill, and what is imported in the background arrives. Raises
    NotCounted.
    """
    last = measure()
    for _ in range(_MOST_PHASES):
        before, last = last, measure()
        if abs(last - before) <= _TOLERANCE * before:
            return (before + last) / 2
    raise NotCounted(f"{before:,.0f} and {last:,.0f} instructions: no two phases agree")
