"""A client in a process of its own, which does what it is told and may be killed."""

import json
import subprocess
import sys

from checkout import ROOT

DRIVER = ROOT / "tests/clients/drivers/python_driver.py"


class Driven:
    """The driver of the conformance suite, as a process."""

    def __init__(self, pipeline, folder, **options):
        self._process = subprocess.Popen(
            [sys.executable, DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        quick = {"retry_base_ms": 10, "retry_cap_ms": 50, "flush_events": 5, "flush_seconds": 0.05}
        place = {"url": pipeline.url, "key": "key", "folder": str(folder)}
        self.opened = self.do("open", **place, options=quick | options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def tell(self, command, **arguments):
        """Tell it what to do."""
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()

    def hear(self):
        """Return its next answer."""
        return json.loads(self._process.stdout.readline())

    def do(self, command, **arguments):
        """Tell it what to do, and return its answer."""
        self.tell(command, **arguments)
        return self.hear()

    def kill(self):
        """End it at once, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def end(self):
        """Close its input, and return its exit code."""
        self._process.stdin.close()
        return self._process.wait()
