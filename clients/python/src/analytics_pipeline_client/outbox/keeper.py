"""The thread that writes: events wait in memory for milliseconds, and go to disk in groups."""

import collections
import sqlite3
import threading
from collections.abc import Callable

from analytics_pipeline_client.device_clock import uuid7
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.client_sessions import Session
from analytics_pipeline_client.outbox.event_outbox import Outbox

_GROUP_SECONDS = 0.01  # what comes within it is one transaction
_RETRY_SECONDS = 1.0  # after one that failed, as on a full disk


class Keeper:
    """Takes events, and keeps them in order.

    `kept` and `dropped` count events of this client. An event that is taken is in memory alone
    until `wait` has returned true.
    """

    def __init__(
        self,
        outbox: Outbox,
        session: Session,
        options: Options,
        route: str,
        report: Callable[[str, str], None],
    ) -> None:
        self.session = session
        self.on_kept: Callable[[], None] = lambda: None
        self.kept = 0
        self.dropped = 0
        self._outbox = outbox
        self._options = options
        self._route = route
        self._report = report
        self._changed = threading.Condition()
        self._queue: collections.deque[tuple[Session, bytes]] = collections.deque()
        self._queued_bytes = 0
        self._lost = 0
        self._taken = 0
        self._settled = 0
        self._takes = False
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._urgent = threading.Event()
        self._ended = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="analytics-keeper", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def open(self) -> None:
        """Begin to take events."""
        self._takes = True

    def take(self, line: bytes) -> bool:
        """Queue an event; tell whether it was taken, which it is not without consent or room."""
        with self._changed:
            if not self._takes or self._ended:
                return False
            self._taken += 1
            fits = self._queued_bytes + len(line) <= self._options.max_bytes
            if fits:
                self._queued_bytes += len(line)
                self._queue.append((self.session, line))
            else:
                self._lost += 1
        if not self._wake.is_set():
            self._wake.set()
        return fits

    def queued(self) -> int:
        """Return how many events are in memory alone."""
        return self._taken - self._settled - self._lost

    def wait(self, timeout: float | None) -> bool:
        """Wait until all that was taken is kept or dropped; tell whether it is."""
        with self._changed:
            target = self._taken
            if self._settled >= target:
                return True
            self._urgent.set()
            self._wake.set()
            return self._changed.wait_for(lambda: self._settled >= target, timeout)

    def write_now(self) -> bool:
        """Write what there is; tell whether that made an event of its own."""
        before = self.session.next
        self._write()
        return self.session.next > before

    def tell(self) -> None:
        """Look whether there is room to tell what was dropped."""
        self._wake.set()

    def begin_session(self) -> Session:
        """Give the events from now on a new session."""
        with self._changed:
            resumable = self.session.resumable
            self.session = Session(uuid7(self._options.clock()), resumable=resumable)
            return self.session

    def discard(self) -> None:
        """Take nothing any more, and forget what is not written; nothing is written after this."""
        with self._changed:
            self._takes = False
        self.begin_session()  # one that goes on later would have a gap
        with self._writing:
            self._settle(*self._queue_all())

    def stop(self, timeout: float) -> None:
        """Write what is there, and end."""
        with self._changed:
            self._ended = True
        self._urgent.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            self._wake.wait(_RETRY_SECONDS if self._failing else None)
            ended = self._ended
            self._wake.clear()
            self._urgent.wait(_GROUP_SECONDS)
            self._urgent.clear()
            self._write()
            if ended:
                return

    def _write(self) -> None:
        """Keep all that is queued in one transaction; where that fails, it stays queued."""
        with self._writing:
            group, lost = self._queue_all()
            try:
                place = (self._route, self._options.max_bytes)
                taken = self._outbox.keep(group, lost, self.session, place)
            except Exception as error:  # noqa: BLE001 - this thread is all that keeps events
                self._put_back(group, lost)
                what = "storage_full" if isinstance(error, sqlite3.Error) else "failed"
                if not self._failing:
                    self._report(what, f"{len(group)} events wait in memory: {error!r}")
                self._failing = True
                return
            self._failing = False
            self.kept += taken.kept
            self.dropped += taken.dropped
            self._settle(group, lost)
        if taken.dropped:
            self._report("dropped", f"the outbox is full: {taken.dropped} events are lost")
        self.on_kept()

    def _queue_all(self) -> tuple[list[tuple[Session, bytes]], int]:
        with self._changed:
            group, lost = list(self._queue), self._lost
            self._queue.clear()
            self._lost = 0
            return group, lost

    def _put_back(self, group: list[tuple[Session, bytes]], lost: int) -> None:
        with self._changed:
            self._queue.extendleft(reversed(group))
            self._lost += lost

    def _settle(self, group: list[tuple[Session, bytes]], lost: int) -> None:
        with self._changed:
            self._settled += len(group) + lost
            self._queued_bytes -= sum(len(line) for _, line in group)
            self._changed.notify_all()
