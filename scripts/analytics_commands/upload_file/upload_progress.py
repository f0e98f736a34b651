"""What is seen of an upload on stderr: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from analytics_commands.foundation.terminal.output import visible


class Sending(Protocol):
    """One file that is being sent."""

    def restart(self, size: int) -> None:
        """Begin an attempt to send so many bytes."""

    def advance(self, size: int) -> None:
        """Count bytes that were sent."""

    def note(self, text: str) -> None:
        """Tell something about the file."""


class UploadProgress:
    """Shows one file after the other, of `total`."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._number = 0
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    @contextmanager
    def file(self, path: Path) -> Iterator[Sending]:
        """Show the next file while the context lasts."""
        self._number += 1
        title = f"{self._number}/{self._total} {visible(path.name)}"
        if not self._console.is_terminal:
            self._console.print(title, markup=False)
        with self._progress as progress:
            task = progress.add_task(title, total=None)
            try:
                yield _FileProgress(self._console, progress, task, visible(str(path)))
            finally:
                progress.remove_task(task)


class _FileProgress:
    def __init__(self, console: Console, progress: Progress, task: TaskID, name: str) -> None:
        self._console = console
        self._progress = progress
        self._task = task
        self._name = name

    def restart(self, size: int) -> None:
        self._progress.reset(self._task, total=size)

    def advance(self, size: int) -> None:
        self._progress.advance(self._task, size)

    def note(self, text: str) -> None:
        self._console.print(f"{self._name}: {text}", markup=False)
