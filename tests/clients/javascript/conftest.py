"""Pages of Chromium on a gateway whose answers are a script."""

import asyncio
import json
import time

import pytest

from clients.drivers.page_server import HOST, LOADED, ORIGIN, PageServer
from clients.javascript.scripted_gateway import ScriptedGateway
from devtools.chromium import PROGRAM, Chromium

_PATIENCE_SECONDS = 90
_QUICK = {"retry_base_ms": 1, "retry_cap_ms": 20, "session_timeout": 1800}


class Stage:
    """A browser with a profile, the origin of its pages, and the gateway that they send to."""

    def __init__(self, profile):
        self.profile, self.pages, self.gateway = profile, PageServer(), ScriptedGateway()
        self.url = self.browser = self._port = None

    async def begin(self):
        """Start everything."""
        self.url = await self.gateway.start()
        self._port = await self.pages.start()
        await self.start_browser()

    async def start_browser(self):
        """Start the browser on the profile."""
        self.browser = await Chromium.start(self.profile, f"MAP {HOST} 127.0.0.1:{self._port}")

    async def end(self):
        """End everything."""
        await self.browser.kill()
        await self.pages.stop()
        await self.gateway.stop()

    async def open_page(self, **options):
        """Open a tab with a client in it."""
        page = await self.browser.open_page(ORIGIN)
        await self.start_client(page, **options)
        return page

    async def start_client(self, page, **options):
        """Start a client in a tab whose page was just loaded."""
        await page.evaluate(LOADED)
        await self.drive(page, "open", url=self.url, key="k", options=_QUICK | options)

    async def drive(self, page, command, **fields):
        """Hand a command of the conformance suite to a page; returns its answer."""
        told = await page.evaluate(f"drive({json.dumps({'do': command, **fields})})")
        assert told["ok"], told
        return told

    async def until_told(self, page, condition):
        """Wait until the client in a page has a status for which a condition holds."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition(status := await self.drive(page, "status")):
            assert time.monotonic() < deadline, status
            await asyncio.sleep(0.01)
        return status

    async def until(self, condition):
        """Wait until a condition holds."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.gateway.asked
            await asyncio.sleep(0.01)


@pytest.fixture(name="stage")
async def _stage(tmp_path):
    if PROGRAM is None:
        pytest.skip("chromium is not installed")
    stage = Stage(tmp_path / "profile")
    await stage.begin()
    try:
        yield stage
    finally:
        await stage.end()
