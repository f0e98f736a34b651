"""Commands of other programs: run for real, or printed. Always lists, never a shell's text."""

import shlex
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console

from analytics_commands.foundation.terminal.ending import CommandFailed

_STDERR = 2
_SHOWN_LINES = 5  # of what a failed command wrote
_SHOWN_WORDS = 4  # of a command: enough to tell which
_HEARD_LINES = 5_000  # of what a program complained of: all, short of a flood


class ProgramFailed(CommandFailed):
    """A program ended with an error; `complaint` is all that it wrote on stderr."""

    def __init__(self, message: str, complaint: str) -> None:
        super().__init__(message)
        self.complaint = complaint


class Commands(Protocol):
    """Runs commands of other programs; all raise CommandFailed."""

    def run(self, *command: str) -> None:
        """Run it; a person sees what it prints, and answers what it asks."""

    def run_heard(self, *command: str) -> None:
        """Run what asks nothing, shown as `run` does; raises ProgramFailed with its complaint."""

    def read(self, *command: str, example: str) -> str:
        """Return what it prints, stripped; `example` is what a rehearsal takes for it."""

    def read_last_line(self, *command: str, example: str) -> str:
        """Return the last line of what may be far longer than memory."""


class Shell:
    """Runs commands for real, in one folder; data that they print is shown on stderr."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder

    def run(self, *command: str) -> None:
        """Run it in the foreground."""
        self._tell(command)
        with _interrupt_held_back():
            code = _start(command, self._folder, stdout=_STDERR).wait()
        if code:
            raise CommandFailed(_ended(command, code))

    def run_heard(self, *command: str) -> None:
        """Run it without a terminal to read from; what it writes is shown line by line."""
        self._tell(command)
        heard: deque[str] = deque(maxlen=_HEARD_LINES)
        pipes = (subprocess.DEVNULL, _STDERR, subprocess.PIPE)
        with _interrupt_held_back(), _start(command, self._folder, *pipes) as process:
            for line in process.stderr or ():
                sys.stderr.write(line)
                sys.stderr.flush()
                heard.append(line)
        if process.returncode:
            raise ProgramFailed(_ended(command, process.returncode), "".join(heard))

    def read(self, *command: str, example: str) -> str:  # noqa: ARG002 - for rehearsals
        """Run it without a terminal, so that it cannot ask anything."""
        with self._start_reading(command, subprocess.PIPE) as process:
            printed, complaint = process.communicate()
        _check(command, process, complaint.splitlines())
        return printed.strip()

    def read_last_line(self, *command: str, example: str) -> str:  # noqa: ARG002 - as above
        """Run it, forgetting every line but the last."""
        with self._start_reading(command, subprocess.STDOUT) as process:
            lines = deque(process.stdout or (), maxlen=_SHOWN_LINES)
        _check(command, process, lines)
        return lines[-1].strip() if lines else ""

    def _tell(self, command: tuple[str, ...]) -> None:
        self._console.print(f"$ {shlex.join(command)}", style="cyan", markup=False)

    def _start_reading(self, command: tuple[str, ...], stderr: int) -> subprocess.Popen[str]:
        return _start(command, self._folder, subprocess.DEVNULL, subprocess.PIPE, stderr)


class Rehearsal:
    """Prints commands instead of running them."""

    def run(self, *command: str) -> None:
        """Print it."""
        print(shlex.join(command))

    def run_heard(self, *command: str) -> None:
        """Print it."""
        self.run(*command)

    def read(self, *command: str, example: str) -> str:
        """Print it; returns the example."""
        self.run(*command)
        return example

    def read_last_line(self, *command: str, example: str) -> str:
        """Print it; returns the example."""
        return self.read(*command, example=example)


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Let a program that is interrupted, too, end first: Terraform has its state to save."""
    interrupts: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if interrupts:
        raise KeyboardInterrupt


def _start(
    command: tuple[str, ...],
    folder: Path,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603 - a list, of our own words and the operator's
            command,
            cwd=folder,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as exc:
        raise CommandFailed(f"{command[0]} is not installed, or not on the PATH") from exc


def _check(
    command: tuple[str, ...], process: subprocess.Popen[str], lines: list[str] | deque[str]
) -> None:
    if process.returncode:
        said = " ".join(line.strip() for line in list(lines)[-_SHOWN_LINES:])
        raise CommandFailed(f"`{_name(command)}` ended with {process.returncode}: {said}")


def _ended(command: tuple[str, ...], code: int) -> str:
    return f"`{_name(command)}` ended with {code}; its message is above"


def _name(command: tuple[str, ...]) -> str:
    """Return the command without its options, which may hold a secret."""
    words = [word for word in command if not word.startswith("-")]
    return " ".join(words[:_SHOWN_WORDS])
