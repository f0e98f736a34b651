"""Drives the reference client: one JSON object a line, as tests/clients/README.md says."""

import json
import sys
from pathlib import Path

if __name__ == "__main__":  # as a program it is given no path to what it imports
    sys.path.insert(0, str(Path(__file__).parents[2]))

from conformance.reference.reference_client import ReferenceClient


class ReferenceDriver:
    """Answers commands; `client_class` is what is driven."""

    client_class = ReferenceClient

    def do_open(self, told):
        parameters = {
            "key": told["key"],
            "event_category": told["category"],
            "analytics_environment": told["environment"],
        }
        self.client = self.client_class(told["folder"], told["url"], parameters, told["options"])
        return {"durable": True, "session": self.client.session}

    def do_track(self, told):
        first, pad = told.get("from", 0), "x" * told.get("pad", 0)
        numbers = range(first, first + told["count"])
        attributes = [{"n": n, "pad": pad} for n in numbers]
        kept, dropped = self.client.track_all(told["type"], attributes)
        following = self.client.number(
            "SELECT next FROM sessions WHERE id = ?", self.client.session
        )
        return {
            "kept": kept,
            "dropped": dropped,
            "session": self.client.session,
            "next": following,
        }

    def do_flush(self, told):
        return {"left": self.client.flush(told["timeout"])}

    def do_status(self, _):
        return {
            "waiting": self.client.left(),
            "parked": self.client.number(
                "SELECT COUNT(DISTINCT key) FROM events WHERE parked IS NOT NULL"
            ),
            "dropped": self.client.number("SELECT SUM(count) FROM drops"),
            "durable": True,
            "halted": self.client.is_halted,
        }

    def do_consent(self, told):
        self.client.consent(is_granted=told["granted"])
        return {}

    def do_session(self, _):
        self.client.begin_session()
        return {"session": self.client.session}

    def do_pause(self, _):
        return {"left": self.client.flush(5.0)}

    def do_resume(self, _):
        return {}

    def do_clock(self, told):
        self.client.ahead = told["ahead"]
        return {}

    def do_retry_parked(self, _):
        self.client.write("UPDATE events SET parked = NULL")
        return {}

    def do_upload(self, told):
        content = Path(told["path"]).read_bytes()
        return {"object": self.client.upload(content, told["content_type"])}

    def do_close(self, told):
        return {"left": self.client.close(told["timeout"])}


def drive(driver):
    """Answer each line of stdin, until it ends or the client was closed."""
    for line in sys.stdin:
        told = json.loads(line)
        act = getattr(driver, f"do_{told['do']}", None)
        try:
            answer = {"ok": True, **act(told)} if act else {"ok": False, "unsupported": True}
        except (OSError, ValueError) as exc:
            answer = {"ok": False, "error": str(exc)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        if told["do"] == "close":
            break


if __name__ == "__main__":
    drive(ReferenceDriver())
