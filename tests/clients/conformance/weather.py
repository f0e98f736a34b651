"""What may happen to a request on its way: each weather is one thing that networks do."""

import json
import threading
import time
from dataclasses import dataclass, field

HTML = b"<html><body>Welcome! Accept our terms to go online.</body></html>"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: its status, its headers as (name, value), its body."""

    status: int
    headers: tuple = ()
    body: bytes = b""


class Weather:
    """The request is passed on, and its answer back."""

    reads = True

    def act(self, exchange):
        """Let it happen to the exchange between a client and the pipeline."""
        exchange.answer(exchange.forward())

    def __str__(self):
        return type(self).__name__


@dataclass(frozen=True)
class Reset(Weather):
    """The connection breaks before the request was read."""

    reads = False

    def act(self, exchange):
        exchange.reset()


@dataclass(frozen=True)
class LostAnswer(Weather):
    """The request is stored, and the connection breaks before its answer."""

    def act(self, exchange):
        exchange.forward()
        exchange.reset()


@dataclass(frozen=True)
class ShortAnswer(Weather):
    """The request is stored; its answer breaks off in the middle, and does not say so.

    `announced` is whether `Content-Length` had told how long it would be.
    """

    announced: bool = False

    def act(self, exchange):
        exchange.answer(exchange.forward(), cut=True, announced=self.announced)


@dataclass(frozen=True)
class Slow(Weather):
    """The request is stored, and answered after some seconds."""

    seconds: float

    def act(self, exchange):
        reply = exchange.forward()
        time.sleep(self.seconds)
        exchange.answer(reply)


@dataclass(frozen=True)
class Held(Weather):
    """The request is stored at once, and answered when somebody sets `release`."""

    release: threading.Event = field(default_factory=threading.Event)

    def act(self, exchange):
        reply = exchange.forward()
        self.release.wait(60)
        exchange.answer(reply)


@dataclass(frozen=True)
class Answered(Weather):
    """Nothing is stored: the request is answered with this status.

    `reason` stands in the body, as in the functions' own refusals; the gateway's have none.
    `retry_after` is sent as it is: seconds, or an HTTP date.
    """

    status: int
    reason: str | None = None
    retry_after: str | None = None

    def act(self, exchange):
        told = {"code": self.status, "message": "as the conformance suite wants it"}
        if self.reason is not None:
            told["reason"] = self.reason
        headers = [("Content-Type", "application/json")]
        if self.retry_after is not None:
            headers.append(("Retry-After", self.retry_after))
        exchange.answer(Reply(self.status, tuple(headers), json.dumps(told).encode()))

    def __str__(self):
        return f"{self.status}{f' {self.reason}' if self.reason else ''}"


@dataclass(frozen=True)
class Foreign(Weather):
    """Nothing is stored: somebody else answers 200, such as the portal of a hotel."""

    body: bytes = HTML
    content_type: str = "text/html"

    def act(self, exchange):
        exchange.answer(Reply(200, (("Content-Type", self.content_type),), self.body))


@dataclass(frozen=True)
class TooLarge:
    """A rule: 413 for a batch of more events, or of more bytes."""

    events: float = float("inf")
    size: float = float("inf")

    def __call__(self, attempt):
        is_larger = len(attempt.events) > self.events or len(attempt.decoded) > self.size
        return Answered(413, "body_too_large") if is_larger else None


@dataclass(frozen=True)
class Refused:
    """A rule: 400 with a reason for a batch that holds an event of this type."""

    event_type: str

    def __call__(self, attempt):
        is_refused = any(each.get("eventType") == self.event_type for each in attempt.events)
        return Answered(400, "invalid_body") if is_refused else None


@dataclass(frozen=True)
class Always:
    """A rule: the same weather for every request."""

    weather: Weather

    def __call__(self, _):
        return self.weather
