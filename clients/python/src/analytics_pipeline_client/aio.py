"""The client for asyncio: the same methods, and none of them holds up the event loop."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from analytics_pipeline_client.client import Client
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.event_outbox import Parked
from analytics_pipeline_client.reports import Status

Entered = TypeVar("Entered", bound="AsyncClient")


class AsyncClient:
    """A `Client` that is opened with `async with`; its outbox is opened there, in a thread."""

    def __init__(
        self, url: str, key: str, folder: str | Path | None, options: Options | None = None
    ) -> None:
        self._arguments = (url, key, folder, options or Options())
        self._keeps_each = self._arguments[3].keep_each
        self._client: Client | None = None

    async def __aenter__(self: Entered) -> Entered:
        """Open the outbox; raises `ValueError` for a URL or a key that cannot be one."""
        self._client = await asyncio.to_thread(Client, *self._arguments)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

    @property
    def client(self) -> Client:
        """The client behind it; raises `ValueError` where it is not opened yet."""
        if self._client is None:
            raise ValueError("open the client first: async with AsyncClient(…) as client")
        return self._client

    @property
    def session(self) -> str:
        """The session of the events from now on."""
        return self.client.session

    async def track(
        self, event_type: str, event: Mapping[str, object] | None = None, /, **fields: object
    ) -> bool:
        """Take an event, as `Client.track` does."""
        if self._keeps_each:
            return await asyncio.to_thread(self.client.track, event_type, event, **fields)
        return self.client.track(event_type, event, **fields)

    async def keep(self, timeout: float | None = None) -> bool:
        """Wait until all that was tracked is on disk."""
        return await asyncio.to_thread(self.client.keep, timeout)

    async def flush(self, timeout: float = 10) -> int:
        """Send all that waits; return how many events are not acknowledged at the end."""
        return await asyncio.to_thread(self.client.flush, timeout)

    async def status(self) -> Status:
        """Return how the client is."""
        return await asyncio.to_thread(self.client.status)

    async def consent(self, *, granted: bool) -> None:
        """Keep and send, or delete all that is kept."""
        await asyncio.to_thread(self.client.consent, granted=granted)

    async def begin_session(self) -> str:
        """Give the events from now on a new session; return its id."""
        return self.client.begin_session()

    async def pause(self) -> None:
        """Keep and send what there is, because the app may be ended."""
        await asyncio.to_thread(self.client.pause)

    async def resume(self) -> None:
        """Go on after a pause."""
        self.client.resume()

    async def parked(self) -> list[Parked]:
        """Return the batches that wait for a person."""
        return await asyncio.to_thread(self.client.parked)

    async def retry_parked(self) -> int:
        """Send them again; return how many."""
        return await asyncio.to_thread(self.client.retry_parked)

    async def upload_file(
        self,
        content: bytes | str | Path,
        content_type: str,
        file_parent: str = "unknown",
        file_child: str = "unknown",
        *,
        category: str = "crashdump",
        timeout: float = 60,
    ) -> str:
        """Store a file; return its name in Cloud Storage."""
        names = (content, content_type, file_parent, file_child)
        upload = self.client.upload_file
        return await asyncio.to_thread(upload, *names, category=category, timeout=timeout)

    async def close(self, timeout: float = 10) -> int:
        """Keep what was tracked, send what waits, and end; return how many events are left."""
        return await asyncio.to_thread(self.client.close, timeout)
