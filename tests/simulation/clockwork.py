"""Virtual time: an event loop that jumps to whatever is next, and blocking code that takes turns.

Coroutines run on the loop as anywhere. Blocking flows run in greenlets: where they would wait for
an answer they `pause`, and others go on. Nothing here depends on the machine, so the same dice give
the same order.
"""

import asyncio
import heapq
from collections import deque
from itertools import count

from greenlet import getcurrent, greenlet


class VirtualLoop(asyncio.AbstractEventLoop):
    """The least of an event loop that tasks, timeouts and sleeps need; seconds from 0."""

    def __init__(self):
        self._now = 0.0
        self._ready = deque()
        self._timers = []
        self._numbers = count()

    def time(self):
        """Return the seconds since the world began."""
        return self._now

    def get_debug(self):
        return False

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coroutine, **options):
        return asyncio.Task(coroutine, loop=self, **options)

    def call_soon(self, callback, *arguments, context=None):
        handle = asyncio.Handle(callback, arguments, self, context)
        self._ready.append(handle)
        return handle

    def call_later(self, delay, callback, *arguments, context=None):
        return self.call_at(self._now + delay, callback, *arguments, context=context)

    def call_at(self, when, callback, *arguments, context=None):
        timer = asyncio.TimerHandle(when, callback, arguments, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def after(self, delay, callback, *arguments):
        """Call back later, for sure: what `call_later` does, for what is never cancelled."""
        heapq.heappush(
            self._timers, (self._now + delay, next(self._numbers), (callback, arguments))
        )

    def _timer_handle_cancelled(self, timer):
        """Nothing: a cancelled timer is skipped when its time comes."""

    def call_exception_handler(self, context):
        """End the world for a defect of it: nobody else would see the exception."""
        raise context.get("exception") or AssertionError(context["message"])

    def run(self, until):
        """Let everything happen that is due up to that second."""
        asyncio._set_running_loop(self)
        try:
            while self._ready or (self._timers and self._timers[0][0] <= until):
                if self._ready:
                    handle = self._ready.popleft()
                else:
                    self._now, _, handle = heapq.heappop(self._timers)
                if type(handle) is tuple:
                    handle[0](*handle[1])
                    continue
                if not handle._cancelled:
                    handle._context.run(handle._callback, *handle._args)
        finally:
            asyncio._set_running_loop(None)
        self._now = max(self._now, until)


class Clockwork:
    """Starts blocking flows, and makes them wait."""

    def __init__(self):
        self.loop = VirtualLoop()

    def start(self, flow, *arguments):
        """Run a blocking flow as far as its first pause; returns a future of its result.

        What the flow raises, a kill included, is the future's.
        """
        future = self.loop.create_future()
        hub = getcurrent()
        while hub.parent is not None:
            hub = hub.parent

        def run():
            try:
                result = flow(*arguments)
            except BaseException as exc:  # noqa: BLE001 - a kill, too
                future.set_exception(exc)
                future.exception()  # it is known to have one: whoever waits may be gone
            else:
                future.set_result(result)

        self.loop.call_soon(greenlet(run, parent=hub).switch)
        return future

    def pause(self, seconds):
        """Let others go on until so much later; in a blocking flow."""
        current = getcurrent()
        self.loop.after(seconds, current.switch)
        current.parent.switch()

    def wait(self, future):
        """Return the result of a future; in a blocking flow."""
        if not future.done():
            current = getcurrent()
            future.add_done_callback(lambda _: current.switch())
            current.parent.switch()
        return future.result()

    def request(self, seconds, serve, *arguments):
        """Ask a service, which acts half-way; returns a future of its answer.

        What a service has begun happens, whatever becomes of who asked.
        """
        answer = self.loop.create_future()

        def act():
            try:
                result, failure = serve(*arguments), None
            except Exception as exc:  # noqa: BLE001 - the answer of the service
                result, failure = None, exc
            self.loop.after(seconds / 2, _settle, answer, result, failure)

        self.loop.after(seconds / 2, act)
        return answer


def _settle(answer, result, failure):
    if answer.done():  # nobody waits any more
        return
    if failure is None:
        answer.set_result(result)
    else:
        answer.set_exception(failure)
        answer.exception()
