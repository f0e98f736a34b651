"""A process of the C# client, which is told what to do line by line."""

import contextlib
import json
import subprocess
import tempfile

_QUICK = {"flush_events": 1000, "flush_seconds": 3600, "retry_base_ms": 1, "retry_cap_ms": 20}


def kept_lines(folder):
    """Count the events in the files of an outbox."""
    return sum(path.read_bytes().count(b"\nE ") for path in folder.rglob("*.events"))


class CSharpLife:
    """From the start of the process to its end; flushes only when asked, or as options say."""

    def __init__(self, program, url, folder, options):
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `kill`
        self._process = subprocess.Popen(
            ["mono", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        told = {"url": url, "key": "secret-key", "folder": str(folder)}
        self.opened = self.ask("open", **told, options={**_QUICK, **options})

    def tell(self, command, **fields):
        """Send a command without waiting for its answer."""
        self._process.stdin.write(json.dumps({"do": command, **fields}) + "\n")
        self._process.stdin.flush()

    def answer(self):
        """Return the answer to the oldest command without one."""
        line = self._process.stdout.readline()
        assert line, f"the client ended: {self.said()}"
        return json.loads(line)

    def ask(self, command, **fields):
        """Send a command; return its answer."""
        self.tell(command, **fields)
        return self.answer()

    def track(self, count, first=0, pad=0, kind="t"):
        """Track events whose `n` counts from `first`; return the answer once they are on disk."""
        return self.ask("track", type=kind, count=count, **{"from": first}, pad=pad)

    def flush(self, timeout=90):
        """Return how many events are left."""
        return self.ask("flush", timeout=timeout)["left"]

    def close(self, timeout=90):
        """Let it end; return (events left, exit code)."""
        return self.ask("close", timeout=timeout)["left"], self._process.wait(90)

    def kill(self):
        """Kill it with SIGKILL; return when it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def said(self):
        """Return what it said on stderr."""
        self._said.seek(0)
        return self._said.read()
