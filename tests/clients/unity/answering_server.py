"""A real HTTP server on a free port that answers as it is told, and remembers what it was sent."""

import contextlib
import gzip
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Attempt:
    """One request, as it came."""

    method: str
    route: str
    parameters: dict
    headers: dict
    raw: bytes

    @property
    def key(self):
        """The Idempotency-Key."""
        return self.headers.get("idempotency-key")

    @property
    def body(self):
        """The body, decoded."""
        return gzip.decompress(self.raw) if self.raw[:2] == b"\x1f\x8b" else self.raw

    @property
    def events(self):
        """The events of a batch."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is answered; `cut` bytes of the body are left out, `stored` says whether it counts."""

    status: int = 200
    body: str | None = None  # None: the count of events, or an error without reason
    headers: tuple = ()
    hang_up: bool = False
    cut: int = 0

    @property
    def is_stored(self):
        """Whether the server has the batch, although the client may not learn it."""
        return self.status == 200


def refusal(status, reason, **headers):
    """Return an answer with a reason, and headers spelled with `_` for `-`."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = json.dumps({"code": status, "reason": reason, "message": "so it is"})
    return Answer(status, body, named)


def numbers(events):
    """Return what tells the events of a test apart."""
    return [event["eventAttributes"]["n"] for event in events]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing of connections that a kill broke."""


class AnsweringServer:
    """Answers what `script` holds, one after the other, then `usual`; keeps `attempts`."""

    def __init__(self):
        self.script, self.usual, self.attempts, self.stored = [], Answer(), [], []
        self.changed = threading.Condition()
        self.free = threading.Event()  # cleared: an attempt is held until it is set
        self.free.set()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self):
        """End it, and what it holds."""
        self.free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, holds, what, seconds=90):
        """Wait until something is so; AssertionError with `what` if it never is."""
        with self.changed:
            assert self.changed.wait_for(lambda: holds(self), seconds), what

    def events(self):
        """Return the events it has: those of a key once."""
        batches = {attempt.key: attempt.events for attempt in self.stored}
        return [event for events in batches.values() for event in events]

    def take(self, attempt):
        """Remember an attempt; return its answer."""
        with self.changed:
            self.attempts.append(attempt)
            answer = self.script.pop(0) if self.script else self.usual
            if answer.is_stored and attempt.route == "/v1/event":
                self.stored.append(attempt)
            self.changed.notify_all()
        self.free.wait(90)
        return answer

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                self._serve()

            def do_PUT(self):
                self._serve()

            def _serve(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                attempt = Attempt(self.command, url.path, parse_qs(url.query), headers, raw)
                answer = server.take(attempt)
                if answer.hang_up:
                    self.close_connection = True
                    return
                self._answer(answer, answer.body or server.body_for(answer, attempt))

            def _answer(self, answer, text):
                body = text.encode()
                self.send_response_only(answer.status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers:
                    self.send_header(name, value)
                with contextlib.suppress(OSError):
                    self.end_headers()
                with contextlib.suppress(OSError):  # a client that was killed, or gave it up
                    self.wfile.write(body[: len(body) - answer.cut])
                self.close_connection = self.close_connection or answer.cut > 0

            def log_message(self, *_):
                pass

        return Handler

    def body_for(self, answer, attempt):
        """Return what the pipeline would answer."""
        if answer.status != 200:
            return json.dumps({"code": answer.status, "message": "so it is"})
        if attempt.route == "/v1/file":
            asked = json.loads(attempt.body)
            headers = {"Content-Type": asked["content_type"], "Content-MD5": asked["md5_digest"]}
            place = {"signed_url": f"{self.url}/put", "object": "gs://bucket/file"}
            return json.dumps({"statusCode": 200, "headers": headers, **place})
        if attempt.method == "PUT":
            return "stored"
        return json.dumps({"statusCode": 200, "event_count": len(attempt.events)})
