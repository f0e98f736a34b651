"""Serves one ASGI application on one socket, inside the event loop that runs the others."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

_SHUTDOWN_SECONDS = 3


class _Server(uvicorn.Server):
    """Leaves the signals to the supervisor."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


@asynccontextmanager
async def serve(
    app: ASGIApp, listener: socket.socket, headers: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Serve `app` on `listener` while the context lasts; every answer has the `headers`, too."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        headers=list((headers or {}).items()),
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
