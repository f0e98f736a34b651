"""The gate that each request passes: after it is closed, no byte of what was kept goes out."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from analytics_pipeline_client.client_errors import WithdrawnError


class Gate:
    """Open while consent is given.

    A pass is taken before anything is read that is to be sent; closing the gate ends all passes,
    and cuts the connections that are being used.
    """

    def __init__(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self._lock = threading.Lock()
        self._era = 0
        self._used: set[socket.socket] = set()

    def take_pass(self) -> int | None:
        """Return a pass, or `None` where the gate is closed."""
        with self._lock:
            return self._era if self.is_open else None

    @contextlib.contextmanager
    def passing(self, ticket: int, connection: socket.socket) -> Iterator[None]:
        """Send on a connection; raises `WithdrawnError` where the pass is not good any more."""
        with self._lock:
            if not self.is_open or ticket != self._era:
                raise WithdrawnError("consent is not given")
            self._used.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._used.discard(connection)

    def close(self) -> None:
        """End all passes, and what is being sent with them."""
        with self._lock:
            self.is_open = False
            self._era += 1
            for connection in self._used:
                # Not the method of an SSL socket: that one would go on in plain text.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def open(self) -> None:
        """Give passes again."""
        with self._lock:
            self.is_open = True
