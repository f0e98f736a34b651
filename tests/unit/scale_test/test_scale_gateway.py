"""One request of a scale test, and what its answer means."""

import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import pytest

from analytics_commands.foundation.pipeline.target import GatewaySettings
from analytics_commands.scale_test.load.event_route import AttemptFailed, Gateway, read_url
from analytics_pipeline.errors import ConfigurationError

RECEIPT = {"statusCode": 200, "batch_id": "ab" * 16, "data_type": "json", "event_count": 4}


class FakeSession:
    """Answers each request alike, or fails; keeps the requests."""

    def __init__(self, status=200, text="", headers=None, error=None):
        self.answer = SimpleNamespace(status=status, headers=headers or {}, text=self._text)
        self.content = text
        self.error = error
        self.requests = []

    @asynccontextmanager
    async def post(self, url, **request):
        self.requests.append((url, request))
        if self.error:
            raise self.error
        yield self.answer

    async def _text(self, errors):
        assert "replace" == errors
        return self.content


def make_gateway(session, url="https://gateway"):
    """Return a gateway over the session."""
    settings = GatewaySettings(analytics_url=url, api_key="secret key")
    return Gateway(session, settings, {"session_id": "run"})


async def failure_of(session):
    """Return how a request fails."""
    with pytest.raises(AttemptFailed) as caught:
        await make_gateway(session).post(b"[]", "key", 4)
    return caught.value


@pytest.mark.parametrize("url", ["https://gateway", "https://gateway/"])
async def test_receipt(url):
    """A receipt is acknowledged; the host may end with a slash."""
    session = FakeSession(text=json.dumps(RECEIPT))

    batch_id = await make_gateway(session, url).post(b"[]", "key", 4)

    ((sent_to, request),) = session.requests
    assert bytes.fromhex("ab" * 16) == batch_id
    assert "https://gateway/v1/event" == str(sent_to.with_query(None))
    assert {"key": "secret key", "session_id": "run"} == dict(sent_to.query)
    assert "key" == request["headers"]["Idempotency-Key"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>log in</html>",
        "[]",
        "{}",
        json.dumps({**RECEIPT, "event_count": 3}),
        json.dumps({**RECEIPT, "batch_id": None}),
        json.dumps({**RECEIPT, "batch_id": "ab"}),
        json.dumps({**RECEIPT, "batch_id": "x" * 32}),
    ],
)
async def test_no_receipt(text):
    """200 without a receipt for the batch acknowledges nothing."""
    failure = await failure_of(FakeSession(text=text))

    assert ("no receipt", False) == (failure.status, failure.is_retryable)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 400, 401, 403, 404, 413, 302])
async def test_statuses(status):
    """What may pass is retried, what is refused is not."""
    failure = await failure_of(FakeSession(status, '{"code":1,"message":"so\\nit is"}'))

    assert str(status) == failure.status
    assert (status >= 500 or status == 429) == failure.is_retryable
    assert f"{status} so it is" == str(failure)


async def test_redirect():
    """A redirect is not followed: the key is for this host alone."""
    session = FakeSession(302)

    await failure_of(session)

    ((_, request),) = session.requests
    assert request["allow_redirects"] is False


@pytest.mark.parametrize(
    ("error", "status"),
    [(TimeoutError(), "timeout"), (aiohttp.ServerDisconnectedError(), "connection")],
)
async def test_no_answer(error, status):
    """A request without an answer may be retried."""
    failure = await failure_of(FakeSession(error=error))

    assert (status, True) == (failure.status, failure.is_retryable)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", 0.0), ("", 0.0)])
async def test_retry_after(header, seconds):
    """The header is read where it is a number of seconds."""
    failure = await failure_of(FakeSession(503, headers={"Retry-After": header}))

    assert seconds == failure.retry_after


async def test_key_is_not_shown():
    """An answer that repeats the key does not make the command show it."""
    failure = await failure_of(FakeSession(404, "no page /v1/event?key=secret key"))

    assert "404 no page /v1/event?key=…" == str(failure)


@pytest.mark.parametrize("url", ["gateway", "ftp://gateway", "http://", "https://a:99999", "::"])
def test_no_url(url):
    """A host that is no URL is said to be none, without repeating what was given."""
    with pytest.raises(ConfigurationError, match="--host"):
        read_url(GatewaySettings(analytics_url=url, api_key="k"))
