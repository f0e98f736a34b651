"""How much memory the bodies in work may need: admitted by what they cost, refused beyond."""

import threading
from typing import Self

from analytics_pipeline.ingest.refusals import Overloaded

# Measured: a body, its text taken apart, the stored form, and the largest of the passes over them.
_COST_OF_A_BYTE = 6
# Measured: a member of an object is a name, a value and their place in a dict: 175 bytes.
_COST_OF_A_VALUE = 180


def cost_of(size: int, values: int = 0) -> int:
    """Return the estimated bytes of memory that a body of `size` bytes needs while in work."""
    return _COST_OF_A_BYTE * size + _COST_OF_A_VALUE * values


class Admission:
    """Bounds the estimated memory of all bodies that an instance holds; safe in several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes
        self._lock = threading.Lock()

    def lease(self) -> "Lease":
        """Return what one request holds, to be entered: on exit it gives everything back."""
        return Lease(self)

    def take(self, size: int) -> None:
        """Take `size` bytes of the room that is left; a negative size gives room back."""
        with self._lock:
            if size > self._free:
                raise Overloaded("too many bytes in work, try again")
            self._free -= size


class Lease:
    """The memory that one request holds."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = 0
        self._is_over = False

    def __enter__(self) -> Self:
        """Hold nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back whatever the request held."""
        self.hold(0)
        self._is_over = True

    def hold(self, size: int) -> None:
        """Hold `size` bytes in all from now on.

        Raises Overloaded when the instance has no room for them, or the request has ended.
        """
        if self._is_over:
            raise Overloaded("the request has ended")
        self._admission.take(size - self._held)
        self._held = size
