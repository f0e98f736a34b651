"""One deployed function: the functions framework in a process of its own, as in the cloud.

Run as a module, this is that process: it ends when its parent does, however that ended, because
the pipe on its standard input closes then.
"""

import asyncio
import os
import runpy
import signal
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from analytics_local_cloud.addresses import LOOPBACK
from analytics_local_cloud.faults.full_disk import let_files_grow
from analytics_local_cloud.listeners import free_port

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0
_RESTART_SECONDS = 0.5
_POLL_SECONDS = 0.02


class FunctionFailed(Exception):
    """A function did not start, or ended by itself; the message names its log file."""


class FunctionProcess:
    """One entry point of functions/main.py, served on `url`."""

    def __init__(self, target: str, settings: Mapping[str, str], log: Path) -> None:
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self._target = target
        self._log = log
        self._settings = {
            **settings,
            "FUNCTION_TARGET": target,
            "HOST": LOOPBACK,
            "PORT": str(self._port),
        }

    async def keep_running(self) -> None:
        """Run the function until cancelled; an instance that ends is replaced, as in the cloud."""
        while True:
            async with self.running() as process:
                await process.wait()
            await asyncio.sleep(_RESTART_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run one instance while the context lasts, or until it ends by itself."""
        process = await self._start()
        try:
            yield process
        finally:
            await _end(process)

    async def wait_listening(self) -> None:
        """Wait until a request could be sent; raises FunctionFailed in the end."""
        async with self._starting():
            while not await _listens(self._port):  # noqa: ASYNC110 - a process
                await asyncio.sleep(_POLL_SECONDS)

    async def wait_ready(
        self, session: aiohttp.ClientSession, request: Mapping[str, Any], path: str
    ) -> None:
        """Send `request` until it is answered with success; raises FunctionFailed in the end."""
        async with self._starting():
            while not await _succeeds(session, self.url + path, request):  # noqa: ASYNC110 - a process
                await asyncio.sleep(_POLL_SECONDS)

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                yield
        except TimeoutError as exc:
            raise FunctionFailed(f"{self._target} does not start, see {self._log}") from exc

    async def _start(self) -> asyncio.subprocess.Process:
        # A laptop's own credentials must not be found: nothing here may reach a real project.
        command = ["env", "-u", "GOOGLE_APPLICATION_CREDENTIALS"]
        command += [f"{name}={value}" for name, value in self._settings.items()]
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                sys.executable,
                "-m",
                __name__,
                cwd=self._log.parent,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


async def _succeeds(session: aiohttp.ClientSession, url: str, request: Mapping[str, Any]) -> bool:
    try:
        async with session.request(url=url, **request) as answer:
            return answer.ok
    except aiohttp.ClientConnectionError:
        return False


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and its workers, softly first."""
    for signal_sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, TimeoutError):
            os.killpg(process.pid, signal_sent)
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)


def _end_with_parent() -> None:
    """Wait for the end of standard input; read unbuffered, as no lock may outlive the thread."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    let_files_grow()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    runpy.run_module("functions_framework", run_name="__main__")
