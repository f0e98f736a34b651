"""Serves an application on a real socket, for the clients under test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_START_SECONDS = 60.0  # of a busy machine
_STOP_SECONDS = 60.0


class _Server(uvicorn.Server):
    """Tells when it serves, and how its start ended."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so either way."""
        try:
            await super().startup(sockets)
        finally:
            self.decided.set()


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Yield the URL (`http://127.0.0.1:PORT`) of `app`, served by a thread until the end."""
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="serve")
        thread.start()
        try:
            assert server.decided.wait(_START_SECONDS)
            assert server.started
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
            assert not thread.is_alive()
