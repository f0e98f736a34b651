"""What goes on beside the services for as long as they run."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

_YOUNG_OBJECTS = 20_000  # a collection for every few requests would be a twentieth of the work


@contextmanager
def few_collections() -> Iterator[None]:
    """Let no garbage collection look again at what is there now, while the context lasts."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        yield
    finally:  # or DuckDB complains at the end of what it takes for leaks
        gc.set_threshold(*usual)
        gc.unfreeze()


@asynccontextmanager
async def in_background(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run the coroutines while the context lasts; if one fails, so does what runs beside it.

    A failure is raised as it is, not in a group: whoever started all this knows it by its class.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failed:
        if len(failed.exceptions) > 1:
            raise
        raise failed.exceptions[0] from None
