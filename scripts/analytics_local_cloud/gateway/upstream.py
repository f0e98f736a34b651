"""The function behind the gateway, reached over pooled connections."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import aiohttp
from multidict import CIMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from yarl import URL

from analytics_local_cloud.gateway.document import Operation

# gunicorn closes idle connections after 2 s (its setting `keepalive`), uvicorn after 5 s: one
# that is used again must be younger, or a request could meet its end and be answered 503.
IDLE_SECONDS = 1.0
_LARGE_BODY = 2**20  # aiohttp wants larger ones as a file
_CONSUMER_NUMBER = "123456789012"
_ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
# RFC 9110, 7.6.1
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_NOT_FORWARDED = _HOP_BY_HOP | {b"content-length", b"expect", b"host"}
_NOT_RETURNED = _HOP_BY_HOP | {b"date", b"server"}  # the server in front writes its own


class Upstream:
    """Forwards requests to `address`, such as `http://127.0.0.1:8081`."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: str, idle_seconds: float = IDLE_SECONDS) -> AsyncIterator[Self]:
        """Yield an upstream whose connections are used again within `idle_seconds` at most."""
        async with aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=idle_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ADDED_BY_AIOHTTP,
        ) as session:
            yield cls(session, address)

    async def forward(self, request: Request, body: bytes, operation: Operation) -> Response:
        """Return the function's answer as it is.

        Raises HTTPException 504 after the deadline, 503 when the function cannot be reached or
        drops the connection, 502 when its answer is not HTTP (Envoy's statuses and texts).
        """
        try:
            async with self._session.request(
                request.method,
                self._url(request),
                headers=_request_headers(request, operation),
                data=(io.BytesIO(body) if len(body) > _LARGE_BODY else body) or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=operation.deadline),
            ) as answer:
                content = await answer.read()
        except TimeoutError as exc:
            raise HTTPException(504, "upstream request timeout") from exc
        except aiohttp.ClientConnectorError as exc:
            raise HTTPException(503, _reset("connection failure")) from exc
        except aiohttp.ClientConnectionError as exc:
            raise HTTPException(503, _reset("connection termination")) from exc
        except aiohttp.ClientError as exc:
            raise HTTPException(502, _reset("protocol error")) from exc
        response = Response(content, answer.status)
        response.raw_headers = [
            (name, value)
            for name, value in ((name.lower(), value) for name, value in answer.raw_headers)
            if name not in _NOT_RETURNED
        ]
        return response

    def _url(self, request: Request) -> URL:
        """APPEND_PATH_TO_ADDRESS, byte for byte."""
        url = self._address + request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        return URL(f"{url}?{query}" if query else url, encoded=True)


def _request_headers(request: Request, operation: Operation) -> CIMultiDict[str]:
    """Return the client's headers with those that the gateway adds or replaces."""
    headers = CIMultiDict(
        (name.decode(), _header_text(value))
        for name, value in request.scope["headers"]
        if name not in _NOT_FORWARDED
    )
    if "Authorization" in headers:
        headers["X-Forwarded-Authorization"] = headers["Authorization"]
    headers["Authorization"] = "Bearer local"  # in the cloud an identity token of the gateway
    client = request.client.host if request.client else "unknown"
    headers["X-Forwarded-For"] = ", ".join([*headers.getall("X-Forwarded-For", []), client])
    headers["X-Forwarded-Proto"] = request.scope["scheme"]
    if operation.key_parameter is not None:
        headers["X-Apigateway-Api-Consumer-Type"] = "PROJECT"
        headers["X-Apigateway-Api-Consumer-Number"] = _CONSUMER_NUMBER
    return headers


def _header_text(value: bytes) -> str:
    """Return the value as text that is sent as UTF-8; what is none must not arrive as nothing."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _reset(reason: str) -> str:
    return f"upstream connect error or disconnect/reset before headers. reset reason: {reason}"
