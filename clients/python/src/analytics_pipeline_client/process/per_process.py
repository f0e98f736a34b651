"""What runs behind a client, for the process that asks: after a fork, each has its own."""

import threading
from collections.abc import Callable

from analytics_pipeline_client.process import forking
from analytics_pipeline_client.process.running import Running


class PerProcess:
    """Begins what runs, once in each process, and ends it."""

    def __init__(self, begin: Callable[[], Running]) -> None:
        self._begin = begin
        self._beginning = threading.Lock()
        self._inherited: list[Running] = []  # the parent's: here, not even closed
        self._running: Running | None = begin()
        self._closed = False
        forking.watch(self)

    def now(self) -> Running:
        """Return what runs in this process; raises `ValueError` after `end`."""
        running = self._running
        if running is not None:
            return running
        with self._beginning:
            if self._closed:
                raise ValueError("the client is closed")
            if self._running is None:
                self._running = self._begin()
            return self._running

    def end(self) -> Running | None:
        """Return what ran, for the caller to close it; `None` where nothing did."""
        with self._beginning:
            running, self._running, self._closed = self._running, None, True
        forking.unwatch(self)
        return running

    def before_fork(self) -> None:
        """Let no thread be in the middle of the outbox."""
        self._beginning.acquire()
        if self._running is not None:
            self._running.file.lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._running is not None:
            self._running.file.lock.release()
        self._beginning.release()

    def after_fork_in_child(self) -> None:
        """Leave all of the parent's alone; what the child needs is made when it is needed."""
        if self._running is not None:
            self._running.abandon()
            self._inherited.append(self._running)
            self._running = None
        self._beginning = threading.Lock()
