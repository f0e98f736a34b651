"""Log lines as they are written: read again and again, so that each is seen once."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from google.auth.exceptions import TransportError

from analytics_commands.foundation.pipeline.log_lines import LogLine, LogLines, LogsUnavailable

# A line can be read some seconds after it was written, and after lines that are younger.
OVERLAP = timedelta(seconds=30)
_CHUNK = 8  # lines that are given out at a time
_FORGET_EVERY = 10_000  # lines
_AHEAD = timedelta(days=1)  # of our clock: there is no last line
_MAX_FAILURES = 20
_MAX_PAUSE_SECONDS = 30.0


class Follower:
    """Reads the lines about some events, from a time on.

    How far it has come is told by the lines alone: no two clocks have to agree.
    """

    def __init__(self, logs: LogLines, events: Collection[str], since: datetime) -> None:
        self._logs = logs
        self._events = events
        self._since = since
        self._newest = since
        self._seen: dict[str, datetime] = {}

    def poll(self) -> Iterator[LogLine]:
        """Yield the lines that were not yielded before; raises LogsUnavailable.

        Whatever ends it early, the next poll continues there.
        """
        until = datetime.now(UTC) + _AHEAD
        for line in self._logs.read(self._events, self._since, until):
            identity = _identity(line)
            if identity in self._seen:
                continue
            written = datetime.fromisoformat(line["time"])
            self._seen[identity] = written
            self._newest = max(self._newest, written)
            if len(self._seen) % _FORGET_EVERY == 0:
                self._forget()
            yield line
        self._forget()

    def _forget(self) -> None:
        """Forget the lines that will not be read again."""
        self._since = max(self._since, self._newest - OVERLAP)
        self._seen = {line: at for line, at in self._seen.items() if at >= self._since}


def follow(
    follower: Follower,
    interval: float,
    note: Callable[[str], None],
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[Sequence[LogLine]]:
    """Yield new lines, a few at a time, without end; `interval` in seconds is between two polls.

    Once lines could be read, failures are noted and survived for some minutes; in the end, and at
    the beginning, raises LogsUnavailable or TransportError.
    """
    failures, began = 0, False
    while True:
        try:
            yield from read_once(follower)
            failures, began = 0, True
        except (LogsUnavailable, TransportError) as exc:
            failures += 1
            if not began or failures > _MAX_FAILURES:
                raise
            if failures == 1:
                note(f"{exc}; trying again")
        wait(min(interval * 2**failures, max(interval, _MAX_PAUSE_SECONDS)))


def read_once(follower: Follower) -> Iterator[Sequence[LogLine]]:
    """Yield the lines that are there, a few at a time; raises LogsUnavailable."""
    lines = follower.poll()
    return iter(lambda: list(islice(lines, _CHUNK)), [])


def _identity(line: LogLine) -> str:
    """Return what tells the line from others: each object is written once."""
    return f"{line['event']} {line.get('object') or sorted(line.items())}"
