"""The last traces of a journal, for whoever asks: all of them, or what has changed."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from analytics_local_cloud.journal.exchanges import Journal
from analytics_local_cloud.journal.joining import Joining
from analytics_local_cloud.journal.rates import Tally
from analytics_local_cloud.journal.trace_forms import Trace

_WAIT_SECONDS = 1.0  # while the traces of a batch may be made without its request


class Traces:
    """What became of each event that a client sent, read from the journal when somebody asks.

    `clock` tells seconds since the epoch; `run` is another one for each pipeline that is started.
    """

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock = clock
        self._read = 0
        self._joining = Joining()
        self.run = f"{time.time_ns():x}"

    def __len__(self) -> int:
        """Return how many traces are kept."""
        return len(self._joining.kept)

    @property
    def revision(self) -> int:
        """The number of the last change that is known."""
        return self._joining.kept.revision

    @property
    def oldest(self) -> int:
        """The number of the oldest trace that is kept; the next number where there is none."""
        return self._joining.kept.oldest

    @property
    def tally(self) -> Tally:
        """How much came and went since somebody first looked."""
        return self._joining.tally

    @property
    def is_over(self) -> bool:
        """Whether the pipeline stops."""
        return self._journal.is_over

    @property
    def is_waiting(self) -> bool:
        """Whether something was stored of which it is not known yet who sent it."""
        return self._joining.is_waiting

    def refresh(self) -> None:
        """Read what is new in the journal."""
        now = self._clock()
        self._journal.watch(now)
        for exchange in self._journal.after(self._read):
            if exchange.number > self._read + 1:  # others are no longer kept
                self._joining.missed(exchange.ended)
            self._read = exchange.number
            self._joining.take(exchange)
        self._read = self._journal.last
        self._joining.make_unasked(now)

    def newest_first(self) -> Iterator[Trace]:
        """Yield all traces that are known, the newest first."""
        self.refresh()
        return reversed(self._joining.kept)

    def changed_since(self, revision: int) -> list[Trace]:
        """Return the traces that are new or changed since then, in the order of the changes."""
        self.refresh()
        changed = [trace for trace in self._joining.kept if trace.revision > revision]
        return sorted(changed, key=lambda trace: trace.revision)

    async def news(self, revision: int | None = None) -> None:
        """Wait until something has changed after that revision, or the pipeline stops."""
        revision = self.revision if revision is None else revision
        self.refresh()
        while self.revision <= revision and not self.is_over:
            wait = _WAIT_SECONDS if self._joining.is_waiting else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._journal.news(self._read), wait)
            self.refresh()

    def forget(self, environment: str = "") -> None:
        """Forget the traces of an environment, or all; numbers and revisions go on."""
        self.refresh()
        self._joining.forget(environment)
        self._journal.tell()

    def find(self, number: int) -> Trace | None:
        """Return a trace by its number, None for one that is not kept."""
        return self._joining.kept.find(number)

    def rows_seen(self, table: str, rows: list[dict[str, Any]], at: float) -> None:
        """Take rows that somebody found in a table, which nobody was heard to write."""
        self._joining.take_rows(table, rows, at)
        self._journal.tell()
