"""Work on many things, several at a time, in memory that does not grow with their number."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics_commands.foundation.terminal.ending import progress_console
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


@contextmanager
def shown_progress(title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show how many are done while the context lasts; yields what counts one more.

    Nothing is shown where nobody looks. Without a total the bar says only that work goes on.
    """
    console = progress_console()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),  # data for a file does not pass through stderr
    ) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
