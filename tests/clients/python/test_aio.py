"""The client for asyncio: the same, and the event loop goes on meanwhile."""

import asyncio
import threading

import pytest
from scripted_server import Scripted, refusal

from analytics_pipeline_client import Options
from analytics_pipeline_client.aio import AsyncClient


async def test_the_same_methods(pipeline, tmp_path):
    """Whatever the client does can be awaited."""
    options = Options(retry_base=0.01, retry_cap=0.05, on_report=lambda _report: None)
    pipeline.script.append(refusal(400, "invalid_body"))
    async with AsyncClient(pipeline.url, "key", tmp_path / "outbox", options) as client:
        assert await client.track("t", {"n": 0})
        assert await client.keep()
        assert await client.flush(60) == 0
        assert [each.reason for each in await client.parked()] == ["invalid_body"]
        assert await client.retry_parked() == 1
        before = client.session
        assert await client.begin_session() != before
        await client.pause()
        await client.resume()
        assert await client.upload_file(b"hello", "text/plain") == "gs://bucket/file-0"
        assert await client.flush(60) == 0
        await client.consent(granted=False)
        assert await client.track("t", n=1) is False
        assert (await client.status()).waiting == 0

    assert [0] == pipeline.numbers()


async def test_the_loop_goes_on(pipeline, tmp_path):
    """While a flush waits for an answer, other tasks run: here, the one that lets it come."""
    held = threading.Event()
    pipeline.script.append(Scripted(held=held))
    options = Options(keep_each=True)
    async with AsyncClient(pipeline.url, "key", tmp_path / "outbox", options) as client:
        assert await client.track("t", n=0)
        flush = asyncio.create_task(client.flush(60))
        await asyncio.to_thread(pipeline.wait_for, lambda: pipeline.attempts)
        assert not flush.done()
        held.set()
        assert await flush == 0


async def test_not_opened(tmp_path):
    """Before it is opened there is no client, and that is said."""
    with pytest.raises(ValueError, match="open the client first"):
        await AsyncClient("https://example.com", "key", tmp_path).track("t")
