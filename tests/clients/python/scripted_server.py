"""A pipeline that answers as it is told, and writes down what it is sent."""

import base64
import gzip
import hashlib
import json
import threading
import urllib.parse
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 60  # seconds until a condition must hold, on a machine as slow as may be


@dataclass(frozen=True)
class Attempt:
    """A request for events: its key, its parameters, what it held, and what it was answered."""

    key: str
    parameters: dict
    body: bytes
    events: list
    status: int


@dataclass(frozen=True)
class Scripted:
    """An answer; `None` as its body stands for the receipt of what was sent.

    `missing` bytes of it are not sent, and `status` 0 hangs up without an answer. `held` is waited
    for before it is sent; `hangs_up` ends the connection after it, without a word.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict = field(default_factory=dict)
    missing: int = 0
    hangs_up: bool = False
    held: threading.Event | None = None


def refusal(status, reason=None, **headers):
    """Return an answer as the pipeline refuses, or the gateway, which gives no reason."""
    told = {"code": status, "message": "told"} | ({"reason": reason} if reason else {})
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted(status, json.dumps(told).encode(), names)


class Pipeline:
    """What it was sent, and what it will answer: `script` in turn, then what `answer` says."""

    def __init__(self):
        self.script = deque()
        self.answer = lambda _events: Scripted()
        self.put_script = deque()
        self.attempts = []
        self.tickets = []
        self.files = {}
        self.url = ""
        self._changed = threading.Condition()

    def wait_for(self, condition):
        """Wait until a condition holds."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)

    def stored(self):
        """Return the events that were stored, each key once."""
        batches = {each.key: each.events for each in self.attempts if each.status == 200}
        return [event for events in batches.values() for event in events]

    def numbers(self):
        """Return the numbers of the stored events, in order."""
        return sorted(each["n"] for each in self.stored())

    def note(self, record, item):
        """Write down what came."""
        with self._changed:
            record.append(item)
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Say nothing."""

    def do_POST(self):
        """Take events, or give a ticket."""
        pipeline = self.server.pipeline
        url = urllib.parse.urlsplit(self.path)
        parameters = dict(urllib.parse.parse_qsl(url.query, strict_parsing=True))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = pipeline.script.popleft() if pipeline.script else None
        if url.path == "/v1/event":
            plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            events = [json.loads(line) for line in plain.split(b"\n")]
            answer = answer or pipeline.answer(events)
            key = self.headers["Idempotency-Key"]
            pipeline.note(pipeline.attempts, Attempt(key, parameters, body, events, answer.status))
            receipt = {"statusCode": 200, "data_type": "json", "event_count": len(events)}
        else:
            told = json.loads(body)
            name = f"file-{len(pipeline.tickets)}"
            pipeline.note(pipeline.tickets, (parameters, told))
            receipt = {
                "signed_url": f"{pipeline.url}/signed/{name}?X-Signature=a%2Fb",
                "headers": {
                    "Content-Type": told["content_type"],
                    "Content-MD5": told["md5_digest"],
                    "x-goog-content-length-range": f"{told['size']},{told['size']}",
                },
                "object": f"gs://bucket/{name}",
            }
        self._answer(answer or Scripted(), json.dumps(receipt).encode())

    def do_PUT(self):
        """Take a file, if it is the one that was announced, with exactly the headers told."""
        pipeline = self.server.pipeline
        content = self.rfile.read(int(self.headers["Content-Length"]))
        answer = pipeline.put_script.popleft() if pipeline.put_script else Scripted()
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()
        names = {"host", "content-length", "content-type", "content-md5"}
        names |= {"x-goog-content-length-range"}
        right = digest == self.headers["Content-MD5"] and self.path.endswith("?X-Signature=a%2Fb")
        if not right or names != {name.lower() for name in self.headers}:
            answer = Scripted(403)
        elif answer.status in {0, 200}:
            pipeline.files[self.path] = content
        self._answer(answer, b"")

    def _answer(self, answer, receipt):
        if answer.held is not None:
            answer.held.wait(2 * PATIENCE)
        if answer.status == 0:
            self.close_connection = True
            return
        body = receipt if answer.body is None else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - answer.missing])
        self.close_connection = answer.hangs_up or answer.missing > 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, *_):
        """Say nothing: clients hang up, and are killed."""


@contextmanager
def scripted_pipeline():
    """Run one on a port of its own."""
    pipeline = Pipeline()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.pipeline = pipeline
        pipeline.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield pipeline
        finally:
            server.shutdown()
            thread.join()
