"""Serves one ASGI application on one socket, inside the event loop that runs the others."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
_BACKLOG = 2048
_SHUTDOWN_SECONDS = 3


class PortInUse(Exception):
    """The port that was asked for cannot be listened on."""


class _Server(uvicorn.Server):
    """Leaves the signals to the supervisor."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


@contextmanager
def listen(port: int = 0) -> Iterator[socket.socket]:
    """Yield a socket that listens on `port` (0: any free one); raises PortInUse.

    Connections wait in its backlog until a server takes them.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as exc:
            raise PortInUse(f"port {port} cannot be used ({exc}), choose another one") from exc
        listener.listen(_BACKLOG)
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of what is served on `listener`."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


@asynccontextmanager
async def serve(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on `listener` while the context lasts."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
