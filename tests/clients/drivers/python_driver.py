"""The Python client as a program: a command as a line of JSON in, an answer as a line out."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "clients/python/src"))

from analytics_pipeline_client import Client, Options

_KEEP_SECONDS = 60


class Driver:
    """One client, and the clock that it believes in."""

    def __init__(self):
        self.client = None
        self.ahead = 0.0

    def answer(self, command):
        """Do a command; returns what to answer beside `ok`."""
        return getattr(self, f"do_{command.pop('do')}")(**command)

    def do_open(self, url, key, folder, options=None, **labels):
        """Open the outbox."""
        given = dict(options or {})
        chosen = {
            f"retry_{name}": given.pop(f"retry_{name}_ms") / 1000
            for name in ("base", "cap")
            if f"retry_{name}_ms" in given
        }
        self.client = Client(
            url,
            key,
            folder,
            Options(
                clock=lambda: time.time() + self.ahead,
                on_report=lambda report: print(report, file=sys.stderr),  # noqa: T201 - its log
                **labels,
                **chosen,
                **given,
            ),
        )
        return {"durable": self.client.status().durable, "session": self.client.session}

    def do_track(self, type, count, pad=0, **start):  # noqa: A002 - the protocol's name
        """Track events, and wait until they are on disk."""
        first = start.get("from", 0)
        before = self.client.progress()
        for n in range(first, first + count):
            self.client.track(type, eventAttributes={"n": n, "pad": "x" * pad})
        if not self.client.keep(_KEEP_SECONDS):
            raise TimeoutError(f"not on disk after {_KEEP_SECONDS} s")
        after = self.client.progress()
        return {
            "kept": after.kept - before.kept,
            "dropped": after.dropped - before.dropped,
            "session": self.client.session,
            "next": after.next_index,
        }

    def do_flush(self, timeout):
        """Send what waits."""
        return {"left": self.client.flush(timeout)}

    def do_status(self):
        """Tell how it is."""
        status = self.client.status()
        names = ("waiting", "parked", "dropped", "durable", "halted")
        return {name: getattr(status, name) for name in names}

    def do_consent(self, granted):
        """Give or withdraw consent."""
        self.client.consent(granted=granted)
        return {}

    def do_session(self):
        """Begin a session."""
        return {"session": self.client.begin_session()}

    def do_pause(self):
        """Go to the background."""
        self.client.pause()
        return {}

    def do_resume(self):
        """Come back."""
        self.client.resume()
        return {}

    def do_clock(self, ahead):
        """Set the device's clock."""
        self.ahead = ahead
        return {}

    def do_retry_parked(self):
        """Send again what was refused."""
        return {"retried": self.client.retry_parked()}

    def do_upload(self, path, content_type):
        """Store a file."""
        return {"object": self.client.upload_file(path, content_type)}

    def do_close(self, timeout):
        """End."""
        return {"left": self.client.close(timeout)}


def main():
    """Answer each line, until the input or the client is closed."""
    driver = Driver()
    for line in sys.stdin:
        command = json.loads(line)
        name = command["do"]
        try:
            if not hasattr(driver, f"do_{name}"):
                told = {"ok": False, "unsupported": True}
            else:
                told = {"ok": True, **driver.answer(command)}
        except Exception as error:  # noqa: BLE001 - whatever it is, the suite has to know
            told = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        if name == "close":
            return


if __name__ == "__main__":
    main()
