"""The conformance suite's way to the client in a page of Chromium, whose profile is the folder."""

import asyncio
import json
import sys
from pathlib import Path

from page_server import HOST, LOADED, ORIGIN, PageServer

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))

from devtools.chromium import Chromium, PageError


class ChromiumDriver:
    """Hands commands to the page, and the page's answers back."""

    def __init__(self):
        self._server, self._browser, self._page = PageServer(), None, None

    async def answer(self, command):
        """Return the answer to a command."""
        if command["do"] == "open":
            folder = Path(command["folder"])
            if _has_living_owner(folder / "SingletonLock"):
                return {"ok": False, "unsupported": True, "error": "a profile has one browser"}
            await self._start(folder)
        elif self._page is None:
            return {"ok": command["do"] == "close", "left": 0, "error": "nothing is open"}
        try:
            return await self._page.evaluate(f"drive({json.dumps(command)})")
        except PageError as exc:
            return {"ok": False, "error": str(exc)}

    async def stop(self):
        """End the browser, and the server."""
        if self._browser:
            await self._browser.quit()
            await self._server.stop()

    async def _start(self, folder):
        port = await self._server.start()
        self._browser = await Chromium.start(
            folder, f"MAP {HOST} 127.0.0.1:{port}", in_own_group=False
        )
        self._page = await self._browser.open_page(ORIGIN)
        await self._page.evaluate(LOADED)


def _has_living_owner(lock):
    """Tell whether the process that a profile's lock names, as HOST-PID, is a browser of it."""
    if not lock.is_symlink():
        return False
    process = Path("/proc", str(lock.readlink()).rpartition("-")[2])
    try:  # the dead who wait to be buried have no command line
        return f"--user-data-dir={lock.parent}".encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False


async def main():
    """Answer commands until there are no more, or one is `close`."""
    driver = ChromiumDriver()
    lines = asyncio.StreamReader(limit=1 << 26)
    reading = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    is_open = True
    while is_open and (line := await lines.readline()):
        command = json.loads(line)
        told = await driver.answer(command)
        is_open = command["do"] != "close"
        if not is_open:
            await driver.stop()
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    if is_open:
        await driver.answer({"do": "close", "timeout": 1})
        await driver.stop()


if __name__ == "__main__":
    asyncio.run(main())
