"""What a client is made of: each mistake is an error that names it."""

import pytest

from analytics_pipeline_client import Client, Options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_bytes": 0}, "max_bytes"),
        ({"flush_events": -1}, "flush_events"),
        ({"flush_seconds": -1}, "flush_seconds"),
        ({"retry_base": float("nan")}, "retry_base"),
        ({"category": "a/b"}, "category"),
        ({"environment": ""}, "environment"),
        ({"consent": "no"}, "consent"),
        ({"max_event_bytes": 600_000}, "max_event_bytes"),
        ({"max_bytes": 0, "category": "ä"}, "max_bytes, category"),
    ],
)
def test_options(options, named):
    """All options that cannot work are named at once."""
    with pytest.raises(ValueError, match=named):
        Options(**options)


@pytest.mark.parametrize(
    "url", ["", "example.com", "ftp://example.com", "https://", "http://example.com:port"]
)
def test_addresses(url):
    """A URL that is none is an error before anything is kept."""
    with pytest.raises(ValueError):
        Client(url, "key", None)


@pytest.mark.parametrize("key", ["", "a\nb"])
def test_keys(key):
    """A key that is none is an error that does not repeat it."""
    with pytest.raises(ValueError, match="the API key is empty"):
        Client("https://example.com", key, None)


def test_report_that_fails(client):
    """What the owner's function raises breaks nothing."""

    def fail(_report):
        raise ZeroDivisionError

    one = client(on_report=fail, max_bytes=1)
    one.track("t")

    assert one.keep()
    assert one.status().dropped == 1
