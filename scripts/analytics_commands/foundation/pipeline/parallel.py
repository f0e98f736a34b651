"""Work on many things, several at a time, in memory that does not grow with their number."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from analytics_pipeline.errors import TransientError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AHEAD = 4  # tasks a thread, so that none waits while the first one takes long


def in_parallel(
    work: Callable[[_Item], _Result], items: Iterable[_Item], threads: int
) -> Iterator[_Result]:
    """Yield the result of each item, in their order; raises what `work` raises.

    So `work` returns what became of an item, and raises only what ends everything. A TransientError
    of the `items` comes after the results of those that are there. Whoever stops early waits for
    the tasks that are running, and for no other.
    """
    running: deque[Future[_Result]] = deque()
    failure: TransientError | None = None
    pool = ThreadPoolExecutor(threads)
    try:
        try:
            for item in items:
                running.append(pool.submit(work, item))
                if len(running) == threads * _AHEAD:
                    yield running.popleft().result()
        except TransientError as exc:
            failure = exc
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
