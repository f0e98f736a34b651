"""Where gateway, storage and BigQuery listen, and the URLs that clients are told.

Ports stay what they were over restarts, so that a shell which knows them works on.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
SAYS_WHOSE = "x-local-pipeline"  # the header in which a server tells its data folder
ANY, MAX_PORT = 0, 65535
Ports = tuple[int, int, int]  # of gateway, storage, BigQuery


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
