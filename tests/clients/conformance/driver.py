"""A client under test, as a process: commands in and answers out, one JSON object a line."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path

ANSWER_SECONDS = 120.0
_POLL_SECONDS = 0.01


class DriverGone(Exception):
    """The process ended, or said nothing in time; the message has its last words."""


class Refusal(Exception):
    """The driver answered `ok: false`; the message is its error."""


class Unsupported(Exception):
    """The driver does not know the command."""


class Driver:
    """One life of a client: from the start of its process to its end."""

    def __init__(self, command, log):
        self._log = log
        with log.open("ab") as told:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=told,
                start_new_session=True,
            )
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put(None)

    def begin(self, command, **fields):
        """Send a command without waiting for its answer."""
        line = json.dumps({"do": command, **fields}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except OSError as exc:
            raise DriverGone(self._last_words(f"{command}: its stdin is closed")) from exc

    def has_answered(self):
        """Tell whether `answer` would return at once."""
        return not self._answers.empty()

    def answer(self, seconds=ANSWER_SECONDS):
        """Return the answer to the oldest command without one.

        Raises Refusal, Unsupported, DriverGone.
        """
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise DriverGone(self._last_words(f"no answer in {seconds:g} s")) from None
        if line is None:
            raise DriverGone(self._last_words("the driver ended"))
        try:
            told = json.loads(line)
        except ValueError:
            raise DriverGone(self._last_words(f"this is not JSON: {line!r}")) from None
        if told.get("unsupported"):
            raise Unsupported(told.get("error") or "the driver does not support this")
        if told.get("ok") is not True:
            raise Refusal(told.get("error") or line.decode())
        return told

    def ask(self, command, **fields):
        """Send a command; returns its answer."""
        self.begin(command, **fields)
        return self.answer()

    def close(self, seconds=30.0):
        """Let it end by itself; returns (its answer to `close`, its exit code)."""
        told = self.ask("close", timeout=seconds)
        try:
            return told, self._process.wait(ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            raise DriverGone(self._last_words("it does not end after `close`")) from None
        finally:
            self.kill()

    def kill(self):
        """Kill it and all that it started, and wait until all of that is gone."""
        first = self._process.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(first, signal.SIGKILL)
        self._process.wait()
        while family := _alive(first):
            for process in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _last_words(self, what):
        said = self._log.read_text(errors="replace")[-2000:]
        return f"{what}\n{said}" if said else what


def _alive(first):
    """Return the processes of a session that still run (Linux): the dead may wait to be buried."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                told = (folder / "stat").read_text().rpartition(")")[2].split()
                if told[3] == str(first) and told[0] not in "ZX":
                    found.append(int(folder.name))
    return found
