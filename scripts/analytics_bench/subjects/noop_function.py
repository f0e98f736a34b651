"""The least that the framework can do: take the body, answer."""

import functions_framework
import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response


@functions_framework.aio.http
async def noop(request: Request) -> Response:
    """Answer any request."""
    await request.body()
    return Response(b"{}", media_type="application/json")


@functions_framework.http
def noop_sync(_request: object) -> str:
    """Answer any request."""
    return "{}"
