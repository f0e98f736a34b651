"""workers: work off the event loop, with a bounded queue."""

import asyncio
import contextlib
import gc
import sys
import threading
import weakref

import pytest

from analytics_pipeline.ingest.admission import Admission
from analytics_pipeline.ingest.refusals import Overloaded
from analytics_pipeline.ingest.workers import Workers, letting_others_in


class TestRun:
    async def test_result(self):
        """What the work returns or raises comes back, from another thread."""
        workers = Workers("test", threads=1, waiting=0)

        assert threading.get_ident() != await workers.run(threading.get_ident)
        with pytest.raises(ZeroDivisionError):
            await workers.run(divmod, 1, 0)

    async def test_failure_leaves_nothing(self):
        """What failed work held is free at once, not when garbage is next collected."""
        held = []

        def work():
            body = Admission(1)
            held.append(weakref.ref(body))
            raise ZeroDivisionError

        gc.disable()
        try:
            with contextlib.suppress(ZeroDivisionError):
                await Workers("test", threads=1, waiting=0).run(work)
            await asyncio.sleep(0)
            assert held[0]() is None
        finally:
            gc.enable()

    async def test_full(self):
        """Beyond the places to wait work is refused at once, and admitted when one is free."""
        workers = Workers("test", threads=1, waiting=1)
        released = threading.Event()
        tasks = [asyncio.create_task(workers.run(released.wait)) for _ in range(2)]
        await asyncio.sleep(0)

        with pytest.raises(Overloaded):
            await workers.run(int)
        released.set()
        await asyncio.gather(*tasks)

        assert 0 == await workers.run(int)

    async def test_caller_that_gives_up(self):
        """A place is taken as long as its work is, whoever still waits for it."""
        workers = Workers("test", threads=1, waiting=0)
        started, released = threading.Event(), threading.Event()

        def work():
            started.set()
            released.wait()

        task = asyncio.create_task(workers.run(work))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        with pytest.raises(Overloaded):
            await workers.run(int)
        released.set()


def test_letting_others_in():
    """Within, threads change far more often; after it as before, whichever of several ends last."""
    usual = sys.getswitchinterval()
    first, second = letting_others_in(), letting_others_in()

    with first:
        second.__enter__()
        assert sys.getswitchinterval() < usual / 10
    second.__exit__(None, None, None)
    assert usual == sys.getswitchinterval()
    with contextlib.suppress(ImportError), letting_others_in():
        raise ImportError

    assert usual == sys.getswitchinterval()
