"""Where the local servers are, as this machine reaches them and as clients are told."""

import pytest

from analytics_local_cloud.addresses import Place, Urls, is_loopback, own_urls, told_urls

PORTS = (8080, 8081, 8082)


def urls(host):
    """Return the URLs of the three servers under one host."""
    return Urls(*(f"http://{host}:{port}" for port in PORTS))


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("192.168.1.5", "192.168.1.5"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
    ],
)
def test_own_urls(host, own):
    """A machine reaches what listens on an address there, and on all of them by loopback."""
    assert urls(own) == own_urls(Place(host), PORTS)
    assert urls(own) == told_urls(Place(host), PORTS)


@pytest.mark.parametrize(
    ("public_url", "told"),
    [
        ("http://192.168.1.5:8080", urls("192.168.1.5")),
        ("http://192.168.1.5:8080/", urls("192.168.1.5")),
        ("http://laptop.local", urls("laptop.local")),
        ("http://[fe80::5]:8080", urls("[fe80::5]")),
        (
            "http://tunnel.example:80",
            Urls(
                "http://tunnel.example:80",
                *("http://tunnel.example:" + p for p in ("8081", "8082")),
            ),
        ),
        (
            "https://tunnel.example",
            Urls(
                "https://tunnel.example", *("http://tunnel.example:" + p for p in ("8081", "8082"))
            ),
        ),
    ],
)
def test_told_urls(public_url, told):
    """Clients find all three under the public host; without a port it is the gateway's own."""
    assert told == told_urls(Place("0.0.0.0", 8080, public_url), PORTS)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.2", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("h", False)],
)
def test_loopback(host, expected):
    """What no other machine reaches is known."""
    assert expected == is_loopback(host)
