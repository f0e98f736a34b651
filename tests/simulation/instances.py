"""Processes: each has a clock that is a little wrong, and is killed before or after any call."""

import sys
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from checkout import ROOT

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
_PACKAGES = (f"{ROOT}/functions/", f"{ROOT}/scripts/")
_current = ContextVar("instance")
_waiting = ContextVar("waiting", default=())  # the call sites that wait for the current flow


class Killed(BaseException):
    """The process is no more; no handler of the pipeline's may notice."""


class Instance:
    """One process of a function or command; `skew` are the seconds by which its clock is wrong."""

    def __init__(self, world, role):
        self.world = world
        self.role = role
        self.is_alive = True
        self.skew = world.faults.dice.gauss(0, world.faults.skew)

    def now(self):
        """Return the time as this process has it, UTC."""
        return BEGAN + timedelta(seconds=self.world.clockwork.loop.time() + self.skew)

    def monotonic(self):
        """Return seconds that never go back."""
        return self.world.clockwork.loop.time()

    def enter(self):
        """Make it the process in which the current flow runs."""
        _current.set(self)

    def run(self, flow, *arguments, waiting=()):
        """Run a blocking flow in this process; returns a future."""

        def entered():
            self.enter()
            _waiting.set(waiting)
            return flow(*arguments)

        return self.world.clockwork.start(entered)

    def step(self, when):
        """Live on, or die: `when` is `before` or `after` a call."""
        if not self.is_alive:
            raise Killed
        frame = sys._getframe(1)
        if self.world.step(self.role, when, frame):
            self.is_alive = False
            self.world.record_kill(self.role, when, call_sites(frame))
            raise Killed

    def call(self, seconds, serve, *arguments):
        """Make a blocking call that takes about so long: `serve` is what the service does."""
        clockwork = self.world.clockwork
        self.step("before")
        try:
            return clockwork.wait(clockwork.request(self._latency(seconds), serve, *arguments))
        finally:
            self.step("after")

    async def call_async(self, seconds, serve, *arguments):
        """Make a call from a coroutine (`call`)."""
        self.step("before")
        try:
            return await self.world.clockwork.request(self._latency(seconds), serve, *arguments)
        finally:
            self.step("after")

    def _latency(self, seconds):
        return self.world.faults.latency(seconds)


def current():
    """Return the process in which this code runs."""
    return _current.get()


def call_sites(frame):
    """Return where the pipeline's code is on the way to this frame: files and lines."""
    sites = list(_waiting.get())
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_PACKAGES):
            sites.append((path.removeprefix(f"{ROOT}/"), frame.f_lineno))
        frame = frame.f_back
    return tuple(sites)
