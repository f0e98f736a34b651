"""The gateway's application: one route per path of the document."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from analytics_local_cloud.gateway.document import Operation, read_limits, read_operations
from analytics_local_cloud.gateway.quota import Quota
from analytics_local_cloud.gateway.upstream import Upstream

MAX_BODY_BYTES = 32 * 1024 * 1024  # API Gateway, quotas and limits: payload size
_NO_KEY = (
    "UNAUTHENTICATED:Method doesn't allow unregistered callers (callers without established "
    "identity). Please use API Key or other form of API consumer identity to call this API."
)
_WRONG_KEY = "INVALID_ARGUMENT:API key not valid. Please pass a valid API key."
_NOT_FOUND = "The current request is not defined by this API."


def create_app(
    spec: Mapping[str, Any],
    backend: str,
    api_keys: Collection[str],
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Return the gateway that serves `spec` and forwards to the URL `backend`.

    `clock` returns seconds, for the quota. Raises UnsupportedDocument.
    """
    gate = _Gate(api_keys, Quota(read_limits(spec), clock))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Upstream]]:
        async with Upstream.connect(backend) as upstream:
            yield {"upstream": upstream}

    return Starlette(
        routes=[
            Route(path, _Endpoint(template, operations, gate))
            for template, operations in read_operations(spec).items()
            for path in (template, f"{template}/")  # ESPv2 matches both
        ],
        exception_handlers={404: _refuse_unknown_path, HTTPException: _refuse},
        lifespan=lifespan,
    )


class _Gate:
    """Lets a call pass, or raises HTTPException with what ESPv2 answers."""

    def __init__(self, api_keys: Collection[str], quota: Quota) -> None:
        self._api_keys = frozenset(api_keys)
        self._quota = quota

    def admit(self, operation: Operation, query: bytes) -> None:
        """Check the key in `query`, the first when there are several, then the quota."""
        if operation.key_parameter is None:
            return
        parameters = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        key = next((value for name, value in parameters if name == operation.key_parameter), "")
        if not key:
            raise HTTPException(401, _NO_KEY)
        if key not in self._api_keys:
            raise HTTPException(400, _WRONG_KEY)
        exhausted = self._quota.take(operation.costs)
        if exhausted:
            message = f"RESOURCE_EXHAUSTED:Quota exceeded for quota metric '{exhausted}'."
            raise HTTPException(429, message)


class _Endpoint:
    """Serves one path; `template` is how the document writes it."""

    def __init__(self, template: str, operations: Mapping[str, Operation], gate: _Gate) -> None:
        self._template = template
        self._operations = operations
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._operations.get(scope["method"])
        if operation is None:
            raise HTTPException(
                405,
                f'The current request is matched to the defined url template "{self._template}" '
                "but its http method is not allowed",
            )
        self._gate.admit(operation, scope["query_string"])
        request = Request(scope, receive)
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return  # nobody is left to be answered
        response = await request.state.upstream.forward(request, body, operation)
        await response(scope, receive, send)


async def _read_body(request: Request) -> bytes:
    _check_size(int(request.headers.get("content-length", 0)))
    received, chunks = 0, []
    async for chunk in request.stream():
        received += len(chunk)
        _check_size(received)
        chunks.append(chunk)
    return b"".join(chunks)


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise HTTPException(413, "Request Entity Too Large")


async def _refuse(_: Request, refusal: Exception) -> Response:
    """Answer as ESPv2 does; Starlette hands over nothing but an HTTPException."""
    if not isinstance(refusal, HTTPException):
        raise refusal
    content = {"code": refusal.status_code, "message": refusal.detail}
    return JSONResponse(content, refusal.status_code)


async def _refuse_unknown_path(request: Request, _: Exception) -> Response:
    return await _refuse(request, HTTPException(404, _NOT_FOUND))
