"""One request to the gateway, and what its answer means."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Self

import aiohttp
from yarl import URL

from analytics_commands.foundation.pipeline.target import GatewaySettings
from analytics_commands.scale_test.load.tally import read_batch_id
from analytics_pipeline.errors import ConfigurationError

_PATH = "/v1/event"
_TIMEOUT_SECONDS = 35.0  # the gateway itself gives up after 30
_SHOWN = 300  # characters of an answer
_NO_RECEIPT = "no receipt"


class AttemptFailed(Exception):
    """A batch was not acknowledged; the message says why, `status` sums it up.

    `is_retryable` says whether the same request may succeed later, `retry_after` (seconds) when.
    """

    def __init__(
        self, status: str, message: str, *, is_retryable: bool, retry_after: float = 0.0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_retryable = is_retryable
        self.retry_after = retry_after


class Gateway:
    """Posts batches; none of its errors shows the key."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: GatewaySettings,
        parameters: Mapping[str, str],
    ) -> None:
        self._session = session
        self._api_key = settings.api_key
        self._url = read_url(settings).with_query({"key": settings.api_key, **parameters})

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, settings: GatewaySettings, parameters: Mapping[str, str], connections: int
    ) -> AsyncIterator[Self]:
        """Yield a gateway that is reached over so many connections at most."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
        ) as session:
            yield cls(session, settings, parameters)

    async def post(self, body: bytes, idempotency_key: str, event_count: int) -> bytes:
        """Send a batch of so many events; returns the `batch_id` of its receipt, as bytes.

        Raises AttemptFailed.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.text(errors="replace")
        except TimeoutError as exc:
            problem = f"no answer within {_TIMEOUT_SECONDS:g} s"
            raise AttemptFailed("timeout", problem, is_retryable=True) from exc
        except aiohttp.ClientError as exc:
            problem = self._without_key(_explain(exc))
            raise AttemptFailed("connection", problem, is_retryable=True) from exc
        if answer.status == HTTPStatus.OK:
            return read_receipt(text, event_count)
        raise AttemptFailed(
            str(answer.status),
            self._without_key(f"{answer.status} {_read_message(text)}"),
            is_retryable=answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            or answer.status == HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=_read_seconds(answer.headers.get("Retry-After", "")),
        )

    def _without_key(self, text: str) -> str:
        """Return the text without the key, which a proxy's error page may repeat."""
        return text.replace(self._api_key, "…")


def read_url(settings: GatewaySettings) -> URL:
    """Return the URL of the route; raises ConfigurationError for a host that is none."""
    try:
        url = URL(settings.url(_PATH))
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError("ANALYTICS_URL is no URL such as https://HOST (option --host)")
    return url


def read_receipt(text: str, event_count: int) -> bytes:
    """Return the `batch_id` of a receipt for so many events; raises AttemptFailed for others."""
    receipt = _read_object(text)
    batch_id = read_batch_id(str(receipt.get("batch_id")))
    if batch_id is None or receipt.get("event_count") != event_count:
        problem = f"200 without a receipt for {event_count} events: {_read_message(text)}"
        raise AttemptFailed(_NO_RECEIPT, problem, is_retryable=False)
    return batch_id


def _explain(exc: aiohttp.ClientError) -> str:
    if isinstance(exc, aiohttp.ClientConnectorError):
        return f"cannot connect to {exc.host}:{exc.port} ({exc.os_error.strerror})"
    return str(exc) or type(exc).__name__


def _read_message(text: str) -> str:
    """Return what an answer says, as one short line."""
    return " ".join(str(_read_object(text).get("message", text)).split())[:_SHOWN]


def _read_object(text: str) -> dict[str, object]:
    """Return the JSON object, an empty one for any other text."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _read_seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
