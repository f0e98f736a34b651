"""The pipeline under test: one process after the other, on the same data and the same ports."""

import asyncio
import os
import signal
import subprocess  # noqa: TC003 - as everywhere here
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from analytics_commands.foundation.pipeline.local_pipeline import read_env
from analytics_commands.foundation.pipeline.local_process import (
    PipelineFailed,
    read_on,
    start_pipeline,
    wait_ready,
)

SERVICES, FUNCTIONS = "services", ("ingest", "load", "reconcile")
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02


class Lifetimes:
    """The pipeline in a folder; `kills` counts the processes that were killed, by role."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self._folder, self._options = folder, options
        self._process: subprocess.Popen[str] | None = None
        self.kills: Counter[str] = Counter()

    @contextmanager
    def running(self) -> Iterator[Mapping[str, str]]:
        """Run it while the context lasts; yields its variables. Raises PipelineFailed."""
        try:
            self._start()
            yield read_env(self._folder / "env")
        finally:
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                self._process.communicate(timeout=_STOP_SECONDS)

    async def kill(self, role: str, patience: float) -> None:
        """Kill a process of that role once there is one, for up to `patience` seconds.

        The services are started again; functions are by them.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not (found := self.processes().get(role)):  # noqa: ASYNC110 - processes
                    await asyncio.sleep(_POLL_SECONDS)
                for pid in found:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.kills[role] += 1
        if role == SERVICES and self._process is not None:
            await asyncio.to_thread(self._process.communicate)
            await asyncio.to_thread(self._start)

    def processes(self) -> dict[str, list[int]]:
        """Return the ids of the processes that are there, by role, masters first.

        Raises PipelineFailed when the services ended by themselves.
        """
        process = self._process
        if process is None:
            return {}
        if process.poll() not in {None, -signal.SIGKILL}:
            raise PipelineFailed(f"the services ended by themselves: {process.communicate()[0]}")
        found: dict[str, list[int]] = {SERVICES: [process.pid]}
        for pid in _children(process.pid):
            if role := _function_of(pid):
                found.setdefault(role, []).extend([pid, *_children(pid)])
        return found

    def _start(self) -> None:
        self._process = start_pipeline(self._folder, *self._options)
        wait_ready(self._process)
        read_on(self._process)


def _children(pid: int) -> list[int]:
    """Return the processes below this one (Linux)."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:  # it ended
        return []
    return [each for child in text.split() for each in (int(child), *_children(int(child)))]


def _function_of(pid: int) -> str:
    """Return the function that the process is the master of, "" when it is of none."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        is_master = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[2]) == pid
    except OSError:
        return ""
    told = [word.partition(b"=")[2].decode() for word in words if word.startswith(b"FUNCTION_TAR")]
    return told[0] if told and is_master else ""
