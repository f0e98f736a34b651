"""Where gateway, storage and BigQuery listen, and the URLs that clients are told.

Ports stay what they were over restarts, so that a shell which knows them works on.
"""

import errno
import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

LOOPBACK = "127.0.0.1"
SAYS_WHOSE = "x-local-pipeline"  # the header in which a server tells its data folder
ANY, MAX_PORT = 0, 65535
Ports = tuple[int, int, int]  # of gateway, storage, BigQuery
_BACKLOG = 2048
_ASK_SECONDS = 1.0
_STEPS = range(10, 1000, 10)  # three ports each, and room to see whose they are


class CannotListen(Exception):
    """The address or the port that was asked for cannot be listened on."""


@dataclass(frozen=True)
class Place:
    """Where clients come in: the address and port of the gateway (0: any free one).

    `public_url` is what clients are told of the gateway, when that is another URL.
    """

    host: str = LOOPBACK
    port: int = ANY
    public_url: str = ""


@dataclass(frozen=True)
class Urls:
    """The URLs of the three servers, without a slash at the end."""

    gateway: str
    storage: str
    warehouse: str


@contextmanager
def listen(port: int = ANY, host: str = LOOPBACK) -> Iterator[socket.socket]:
    """Yield a socket that listens on `port` (0: any free one); raises CannotListen.

    Connections wait in its backlog until a server takes them.
    """
    try:
        listener = _open(port, host)
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


def reach(host: str) -> str:
    """Return the address under which this machine reaches what listens on `host`."""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # a name
    if not address.is_unspecified:
        return host
    return LOOPBACK if address.version == 4 else "::1"  # noqa: PLR2004 - IPv4


def is_loopback(host: str) -> bool:
    """Tell whether no other machine reaches what listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def own_urls(place: Place, ports: Ports) -> Urls:
    """Return the URLs under which this machine reaches the servers."""
    return Urls(*(_url(reach(place.host), port) for port in ports))


def told_urls(place: Place, ports: Ports) -> Urls:
    """Return the URLs that clients are told: under the public one's host, if there is one.

    Without a port, the public URL means the gateway's own, unless it is of `https`.
    """
    own = own_urls(place, ports)
    if not place.public_url:
        return own
    public = urlsplit(place.public_url)
    host = public.hostname or ""
    of_gateway = place.public_url.rstrip("/")
    if public.port is None and public.scheme == "http":
        of_gateway = _url(host, ports[0])
    return Urls(of_gateway, _url(host, ports[1]), _url(host, ports[2]))


def address_in_network() -> str:
    """Return the address under which others may know this machine; "" when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; RFC 5737: nobody's address
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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
