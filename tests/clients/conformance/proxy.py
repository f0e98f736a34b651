"""Stands between a client and the pipeline, makes the weather, and writes down every attempt."""

import contextlib
import socket
import threading
import time
from collections import deque
from http.server import ThreadingHTTPServer

from conformance.attempts import EVENT, FILE, TICKET, Attempt
from conformance.proxied_exchange import Exchange

_HOST = "127.0.0.1"


class Proxy:
    """A gateway at `url`; `attempts` are the requests it has seen, in their order."""

    def __init__(self, gateway, storage):
        self.upstreams = {EVENT: gateway, TICKET: gateway, FILE: storage}
        self.attempts = []
        self.rule = None
        self.life = 0
        self.changed = threading.Condition()
        self._scripts = {EVENT: deque(), TICKET: deque(), FILE: deque()}
        self._place = _bound(0)  # keeps the port while nobody listens there
        self.port = self._place.getsockname()[1]
        self.url = f"http://{_HOST}:{self.port}"
        self._server = None

    def __enter__(self):
        self.online()
        return self

    def __exit__(self, *_):
        self.offline()
        self._place.close()

    def online(self):
        """Let connections in."""
        if self._server is None:
            self._server = _Server((_HOST, self.port), Exchange, self)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def offline(self):
        """Refuse connections, and break those that are open."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.break_all()

    def script(self, *weathers, kind=EVENT):
        """Give the next requests of the kind these weathers, one each; after them, the rule's."""
        self._scripts[kind].extend(weathers)

    def begin(self, kind, target, headers):
        """Write a new attempt down; returns it, and the weather that the script has for it."""
        with self.changed:
            attempt = Attempt(
                len(self.attempts) + 1, self.life, kind, target, headers, time.monotonic()
            )
            self.attempts.append(attempt)
            script = self._scripts[kind]
            return attempt, script.popleft() if script else None

    def of_kind(self, kind=EVENT):
        """Return the attempts of a kind."""
        with self.changed:
            return [attempt for attempt in self.attempts if attempt.kind == kind]

    def wait_for(self, condition, seconds=90):
        """Wait until the condition holds; returns whether it came to hold."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)


class _Server(ThreadingHTTPServer):
    """Accepts on the proxy's port, beside the socket that only keeps it."""

    allow_reuse_port = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address, handler, proxy):
        self.proxy = proxy
        self._open = set()
        super().__init__(address, handler)

    def process_request(self, request, client_address):
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        """Close without the farewell that socketserver would send: an aborted one is a reset."""
        self._open.discard(request)
        request.close()

    def break_all(self):
        """Break every connection, also of those who wait for an answer."""
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """Say nothing: a client that is killed leaves connections like this."""


def _bound(port):
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    place.bind((_HOST, port))
    return place
