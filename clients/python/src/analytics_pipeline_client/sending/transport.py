"""One connection to one host, kept alive between requests."""

import http.client
import socket
import ssl
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import IO, Protocol

from analytics_pipeline_client.sending.verdicts import Answer

MOST_ANSWER_BYTES = 1_000_000


class Passing(Protocol):
    """What lets a request pass on a connection, or raises."""

    def __call__(self, connection: socket.socket, /) -> AbstractContextManager[None]:
        """Return the context in which the request is sent and answered."""


class Timeouts(Protocol):
    """What `Options` says about connections."""

    @property
    def connect_timeout(self) -> float:
        """Seconds until a connection is there."""

    @property
    def read_timeout(self) -> float:
        """Seconds until the next bytes of an answer are there."""

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """Whom to trust."""


class Transport:
    """Sends requests to the host of a URL, one at a time; not for several threads."""

    def __init__(self, url: str, timeouts: Timeouts) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the URL has to begin with https:// and a host")
        self._host = parts.hostname
        self._port = parts.port  # raises `ValueError` where it is none
        self._secure = parts.scheme == "https"
        self._timeouts = timeouts
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self,
        method: str,
        target: str,
        body: bytes | IO[bytes],
        headers: Mapping[str, str],
        passing: Passing,
    ) -> Answer:
        """Send a request, and return its answer, whatever it is; its body may be cut short.

        Raises `OSError` or `http.client.HTTPException` where no answer came.
        """
        fresh = self._connection is None
        try:
            return self._request(method, target, body, headers, passing)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if fresh or not isinstance(body, bytes):
                raise
        # The server had closed what was kept alive: that says nothing about the server.
        return self._request(method, target, body, headers, passing)

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _request(
        self,
        method: str,
        target: str,
        body: bytes | IO[bytes],
        headers: Mapping[str, str],
        passing: Passing,
    ) -> Answer:
        try:
            connection = self._connected()
            with passing(connection.sock):
                connection.putrequest(method, target, skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                response = connection.getresponse()
                content = response.read(MOST_ANSWER_BYTES)
        except BaseException:
            self.close()
            raise
        if response.will_close or not response.isclosed():
            self.close()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = self._new_connection()
            self._connection.connect()
            self._connection.sock.settimeout(self._timeouts.read_timeout)
        return self._connection

    def _new_connection(self) -> http.client.HTTPConnection:
        timeout = self._timeouts.connect_timeout
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        context = self._timeouts.ssl_context or ssl.create_default_context()
        proxy = _proxy(self._host)
        if proxy is None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=timeout, context=context
            )
        through = http.client.HTTPSConnection(
            proxy.hostname or "", proxy.port or 80, timeout=timeout, context=context
        )
        through.set_tunnel(self._host, self._port or 443, _credentials(proxy))
        return through


def _proxy(host: str) -> urllib.parse.SplitResult | None:
    """Return the proxy that HTTPS_PROXY and NO_PROXY, or the system, say for a host."""
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _credentials(proxy: urllib.parse.SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    who = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(who.encode()).decode()}"}
