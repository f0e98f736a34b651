"""How much content an instance holds at a time: whoever finds no room waits for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from analytics_pipeline.errors import TransientError


class MemoryBudget:
    """Bytes that are shared by everything that runs at once in an instance."""

    def __init__(self, size: int, patience_seconds: float = 120.0) -> None:
        """Who waits longer than `patience_seconds` gives up."""
        self._free = self._size = size
        self._patience = patience_seconds
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Hold `size` bytes, or all there are, while the context lasts.

        Raises TransientError when there is no room in time.
        """
        size = min(size, self._size)
        with self._changed:
            if not self._changed.wait_for(lambda: size <= self._free, self._patience):
                raise TransientError("the instance holds as much as it can")
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()
