"""One request of a client, its way to the pipeline, and its answer."""

import contextlib
import http.client
import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from conformance.attempts import EVENT, FILE, TICKET, kind_of
from conformance.weather import Reply, Weather

_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "host"}
_CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Retry-After"),
)
_ABORTED = struct.pack("ii", 1, 0)  # of SO_LINGER: a close that is no farewell


class Exchange(BaseHTTPRequestHandler):
    """What a weather acts on; `server.proxy` is the proxy that accepted it."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _pass(self):
        """Pass on what is not about events or files, such as a preflight."""
        self.attempt = None
        self._body = self._read_body()
        self.answer(self.forward())

    do_OPTIONS = do_GET = do_HEAD = _pass  # noqa: N815 - http.server's names

    def _meet_weather(self):
        kind = kind_of(self.command, self.path)
        if kind is None:
            self._pass()
            return
        proxy = self.server.proxy
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.attempt, weather = proxy.begin(kind, self.path, headers)
        if weather is None or weather.reads:
            self._body = self.attempt.body = self._read_body()
            self.attempt.is_read = True
        if weather is None and kind == EVENT and proxy.rule is not None:
            weather = proxy.rule(self.attempt)
        weather = weather or Weather()
        self.attempt.weather = str(weather)
        with proxy.changed:
            proxy.changed.notify_all()
        weather.act(self)
        with proxy.changed:
            proxy.changed.notify_all()

    do_POST = do_PUT = _meet_weather  # noqa: N815 - http.server's names

    def _read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def forward(self):
        """Send the request to the pipeline; returns its answer."""
        proxy = self.server.proxy
        upstream = proxy.upstreams[EVENT if self.path.startswith("/v1/") else FILE]
        headers = {name: each for name, each in self.headers.items() if name.lower() not in _OWN}
        connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=120)
        try:
            connection.request(self.command, self.path, self._body, headers)
            answer = connection.getresponse()
            reply = Reply(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()
        if self.attempt is not None:
            self.attempt.stored = reply.status == 200
            reply = self._with_own_address(reply)
        return reply

    def _with_own_address(self, reply):
        """Let the ticket's file be sent through here, too."""
        if self.attempt.kind != TICKET or reply.status != 200:
            return reply
        ticket = json.loads(reply.body)
        theirs = self.server.proxy.upstreams[FILE]
        ticket["signed_url"] = ticket["signed_url"].replace(theirs, self.server.proxy.url, 1)
        return Reply(reply.status, reply.headers, json.dumps(ticket).encode())

    def answer(self, reply, *, cut=False, announced=True):
        """Answer the client, or with `cut` the first half only, and break."""
        body = reply.body[: len(reply.body) // 2] if cut else reply.body
        self._note(reply, whole=not cut)
        self.send_response_only(reply.status)
        names = {name.lower() for name, _ in reply.headers}
        for name, value in reply.headers:
            if name.lower() not in _OWN:
                self.send_header(name, value)
        for name, value in _CORS:
            if name.lower() not in names:
                self.send_header(name, value)
        if announced:
            self.send_header("Content-Length", str(len(reply.body)))
        if cut:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def _note(self, reply, *, whole):
        attempt = self.attempt
        if attempt is None:
            return
        attempt.status, attempt.answered, attempt.answered_at = (
            reply.status,
            time.monotonic(),
            time.time(),
        )
        attempt.retry_after = dict(reply.headers).get("Retry-After")
        attempt.acknowledged = whole and attempt.stored
        with contextlib.suppress(ValueError, AttributeError):
            attempt.reason = json.loads(reply.body).get("reason")

    def reset(self):
        """Break the connection without an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTED)
        self.close_connection = True

    def log_message(self, *_):
        """Keep stderr for what is wrong."""
