"""What a client sent, as the proxy saw it."""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

EVENT, TICKET, FILE = "event", "ticket", "file"
_KINDS = {("POST", "/v1/event"): EVENT, ("POST", "/v1/file"): TICKET}


def kind_of(method, target):
    """Return what a request is about: EVENT, TICKET, FILE, or None for all others."""
    return _KINDS.get((method, urlsplit(target).path)) or (FILE if method == "PUT" else None)


@dataclass
class Attempt:
    """One request of a client; times are monotonic seconds.

    `life` counts the client's processes, from 1. `status` is what it was answered, None if nothing;
    `stored` is whether the pipeline answered 200; `acknowledged` whether the client was told so, as
    a whole. `answered_at` is `answered` by the calendar: seconds since the epoch.
    """

    number: int
    life: int
    kind: str
    target: str
    headers: dict
    started: float
    body: bytes = b""
    weather: str = ""
    status: int | None = None
    answered: float | None = None
    answered_at: float | None = None
    retry_after: str | None = None
    reason: str | None = None
    stored: bool = False
    acknowledged: bool = False
    is_read: bool = False

    @cached_property
    def parameters(self):
        """The URL's parameters, but for the clock."""
        return dict(parse_qsl(urlsplit(self.target).query)) | {"sent_at": None}

    @cached_property
    def sent_at(self):
        """The client's clock, as it said it; None if it did not."""
        return dict(parse_qsl(urlsplit(self.target).query)).get("sent_at")

    @property
    def key(self):
        """The batch's name, from the header or the parameter; None without."""
        return self.headers.get("idempotency-key") or self.parameters.get("batch_key")

    @cached_property
    def decoded(self):
        """The body without its compression."""
        return gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body

    @cached_property
    def events(self):
        """The events in the body: an array, an object, or one a line."""
        try:
            whole = json.loads(self.decoded)
        except ValueError:
            return [json.loads(line) for line in self.decoded.splitlines() if line.strip()]
        return whole if isinstance(whole, list) else [whole]

    def __str__(self):
        answer = "no answer" if self.status is None else f"{self.status}"
        return f"attempt {self.number} ({self.key}, {self.weather}: {answer})"
