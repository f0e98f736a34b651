"""Debian's Chromium without a window, spoken to through its DevTools pipe."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--no-first-run", "--remote-debugging-pipe"),
)
# Chromium reads commands from descriptor 3 and answers on 4; shells reach only those below 10.
_WITH_PIPE = """
import fcntl, os, sys
pipe = [fcntl.fcntl(int(each), fcntl.F_DUPFD_CLOEXEC, 10) for each in sys.argv[1:3]]
for number, each in enumerate(pipe, 3):
    os.dup2(each, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
_LARGEST_MESSAGE = 1 << 26
Told = Mapping[str, Any]
Listener = Callable[[str, Told], None]


class PageError(Exception):
    """The browser refused a command, or the page's script threw; the message says what."""


class Chromium:
    """One life of a browser; it ends with whoever holds the other end of its pipe."""

    def __init__(self, process: Process, commands: BinaryIO, answers: asyncio.StreamReader) -> None:
        self._process, self._commands, self._answers = process, commands, answers
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self.listeners: dict[str, Listener] = {}
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, profile: Path, hosts: str, *, in_own_group: bool = True) -> Self:
        """Start it on a profile's folder; `hosts` are rules of where names lead: "MAP a b:80"."""
        (commands_out, commands_in), (answers_out, answers_in) = os.pipe(), os.pipe()
        flags = (*_FLAGS, f"--user-data-dir={profile}", f"--host-resolver-rules={hosts}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _WITH_PIPE, str(commands_out), str(answers_in)),
            *(PROGRAM or "chromium", *flags, "about:blank"),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=(commands_out, answers_in),
            start_new_session=in_own_group,
        )
        os.close(commands_out)
        os.close(answers_in)
        loop = asyncio.get_running_loop()
        answers = asyncio.StreamReader(limit=_LARGEST_MESSAGE)
        opened = os.fdopen(answers_out, "rb", 0)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), opened)
        return cls(process, os.fdopen(commands_in, "wb", 0), answers)

    async def ask(self, method: str, session: str | None = None, **parameters: object) -> Told:
        """Send a DevTools command; returns its result, or raises PageError."""
        number = next(self._numbers)
        command: dict[str, object] = {"id": number, "method": method, "params": parameters}
        command |= {"sessionId": session} if session else {}
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._commands.write(json.dumps(command).encode() + b"\0")
            answer = await answered
        finally:
            del self._asked[number]
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        result: Told = answer["result"]
        return result

    async def open_page(self, url: str = "about:blank") -> "Page":
        """Open a tab; returns its Page."""
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.ask("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, target, attached["sessionId"])
        await page.go(url)
        return page

    async def kill(self) -> None:
        """End it as a power cut would, and wait until all of its processes are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.wait()

    async def quit(self) -> None:
        """Let it end by itself."""
        with contextlib.suppress(PageError, OSError):
            await self.ask("Browser.close")
        await self.wait()

    async def wait(self) -> None:
        """Wait until it has ended, and let go of its pipe."""
        await self._process.wait()
        await self._reading
        self._commands.close()

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._take(json.loads((await self._answers.readuntil(b"\0"))[:-1]))
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(PageError("the browser is gone"))

    def _take(self, message: Told) -> None:
        """Hand an answer to who asked, and what happens in a tab to who listens there."""
        if "id" not in message:
            if listener := self.listeners.get(message.get("sessionId", "")):
                listener(message["method"], message["params"])
        elif (asked := self._asked.get(message["id"])) and not asked.done():
            asked.set_result(message)


class Page:
    """A tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self.browser, self._target, self._session = browser, target, session

    async def ask(self, method: str, **parameters: object) -> Told:
        """Send a DevTools command to this tab; returns its result."""
        return await self.browser.ask(method, self._session, **parameters)

    def listen(self, listener: Listener) -> None:
        """Have a function told what happens here: a DevTools event, and its parameters."""
        self.browser.listeners[self._session] = listener

    async def go(self, url: str) -> str:
        """Begin to load a page; returns the id of its loader, which events name.

        Raises PageError where there is none.
        """
        told = await self.ask("Page.navigate", url=url)
        if told.get("errorText"):
            raise PageError(f"{url}: {told['errorText']}")
        return str(told.get("loaderId", ""))

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a script's expression is, or resolves to, as JSON."""
        told = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            thrown = told["exceptionDetails"]
            raise PageError(thrown.get("exception", thrown).get("description") or str(thrown))
        return told["result"].get("value")

    async def close(self) -> None:
        """Close the tab."""
        self.browser.listeners.pop(self._session, None)
        await self.browser.ask("Target.closeTarget", targetId=self._target)
