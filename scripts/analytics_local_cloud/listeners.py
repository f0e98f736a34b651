"""What listens on a port: one that was asked for, one of the last start, or any that is free."""

import errno
import http.client
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import unquote

from analytics_local_cloud.addresses import ANY, LOOPBACK, MAX_PORT, SAYS_WHOSE, Place, Ports, reach

_BACKLOG = 2048
# Below what systems give connections (Linux from 32768, others from 49152): free, it stays free.
_QUIET = range(20000, 32768)
_TRIES = 50
_ASK_SECONDS = 1.0
_STEPS = range(10, 1000, 10)  # three ports each, and room to see whose they are


class CannotListen(Exception):
    """The address or the port that was asked for cannot be listened on."""


@contextmanager
def listen(port: int = ANY, host: str = LOOPBACK) -> Iterator[socket.socket]:
    """Yield a socket that listens on `port` (0: any free one); raises CannotListen.

    Connections wait in its backlog until a server takes them.
    """
    try:
        listener = _open(port, host) if port else _open_any(host)
    except (OSError, UnicodeError) as exc:
        raise CannotListen(_reason(exc, host, port)) from exc
    with listener:
        yield listener


def _open(port: int, host: str) -> socket.socket:
    """Return a socket that listens; raises OSError, and UnicodeError for an odd name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listener = socket.socket(found[0][0])
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[0][4])
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _open_any(host: str) -> socket.socket:
    """Return a socket on a port that, once closed, nobody else is given."""
    for port in secrets.SystemRandom().sample(_QUIET, _TRIES):
        try:
            return _open(port, host)
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise
    return _open(ANY, host)


@contextmanager
def listen_all(place: Place, kept: Ports) -> Iterator[tuple[socket.socket, ...]]:
    """Yield the sockets of gateway, storage and BigQuery; raises CannotListen.

    `kept` are the ports of the last start (0: none), taken again unless the gateway moves. Else
    storage and BigQuery are beside the gateway; what is in use is replaced by any free port.
    """
    port = place.port
    stays = port in {ANY, kept[0]}
    with ExitStack() as stack:
        if port:
            yielded = [stack.enter_context(listen(port, place.host))]
        else:
            yielded = [_listen_on_first(stack, place.host, kept[0])]
        for index in (1, 2):
            beside = port + index if port else ANY
            choices = (kept[index], beside) if stays else (beside,)
            yielded.append(_listen_on_first(stack, place.host, *choices))
        yield tuple(yielded)


def _listen_on_first(stack: ExitStack, host: str, *ports: int) -> socket.socket:
    """Return a socket on the first of the ports that is free, else on any."""
    for port in ports:
        if ANY < port <= MAX_PORT:
            with suppress(OSError):
                return stack.enter_context(_open(port, host))
    return stack.enter_context(listen(ANY, host))


def port_of(listener: socket.socket) -> int:
    """Return the port that is listened on."""
    port: int = listener.getsockname()[1]
    return port


def free_port() -> int:
    """Return a port of this machine that is free, and that nobody gets without asking for it."""
    with listen() as listener:
        return port_of(listener)


def _reason(exc: Exception, host: str, port: int) -> str:
    """Return why nobody can listen there, and what to do about it."""
    code = exc.errno if isinstance(exc, OSError) else None
    if isinstance(exc, socket.gaierror | UnicodeError) or code == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; 0.0.0.0 is all that it has"
    if code == errno.EADDRINUSE:
        return f"port {port} is in use{_whose(host, port)}; {_free_port(host, port)} is free"
    if code == errno.EACCES:
        return f"port {port} is for root alone; choose one from 1024 on"
    return f"port {port} of {host} cannot be used: {exc}"


def _whose(host: str, port: int) -> str:
    """Return by which pipeline the port is used, as words to append; "" when that is unknown."""
    connection = http.client.HTTPConnection(reach(host), port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/")
        folder = connection.getresponse().getheader(SAYS_WHOSE)
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return "" if folder is None else f" by the pipeline on {unquote(folder)}"


def _free_port(host: str, port: int) -> int:
    """Return a port near by that is free, else any that is."""
    with ExitStack() as stack:
        near = (port + step for step in _STEPS)
        return port_of(_listen_on_first(stack, host, *near))
