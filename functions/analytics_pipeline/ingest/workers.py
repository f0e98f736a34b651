"""A few threads for what would hold the event loop up, and a bounded queue before them."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from analytics_pipeline.ingest.refusals import Overloaded

_Result = TypeVar("_Result")
_USUAL_SWITCH_SECONDS = sys.getswitchinterval()
_SWITCH_SECONDS = 0.0001


class Workers:
    """Runs work on `threads` threads, while at most `waiting` more callers wait for one."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._name = name
        self._executor = ThreadPoolExecutor(threads, name)
        self._places = threading.Semaphore(threads + waiting)

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Return what `work` returns; raises Overloaded at once when every place is taken."""
        if not self._places.acquire(blocking=False):
            raise Overloaded(f"too many requests in work ({self._name}), try again")
        future = self._executor.submit(work, *arguments)
        # Not when the caller gives up: the thread may still be at it.
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(future)
        finally:
            del future  # an error in it refers to this frame, and to megabytes in the work's


@contextmanager
def letting_others_in() -> Iterator[None]:
    """Let other threads in far more often than usual, around imports that hold the interpreter.

    Several may do so at a time, and end in any order.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUAL_SWITCH_SECONDS)
