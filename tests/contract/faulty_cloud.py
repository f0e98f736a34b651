"""A server that answers what a test tells it: the failures that no emulator shows on demand."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class FaultyCloud:
    """An ASGI application; `answers` are used up in order, the last one stays.

    An answer is a Response, or a number of seconds to stay silent.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.urls = []
        self.raw_paths = []
        self.authorizations = []
        self.headers = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        self.urls.append(str(request.url))
        self.raw_paths.append(scope["raw_path"])
        self.authorizations.append(request.headers.get("authorization"))
        self.headers.append(dict(request.headers))
        self.requests.append((request.method, request.url.path, await request.body()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not isinstance(answer, Response):
            await asyncio.sleep(answer)
            answer = Response(status_code=500)
        await answer(scope, receive, send)


def stored(e_tag):
    """Return Cloud Storage's answer to a write, with this ETag."""
    return Response(headers={"ETag": e_tag, "x-goog-generation": "5"})


def google_error(status, reason="backendError"):
    """Return an error as BigQuery's REST API words it."""
    error = {"code": status, "message": reason, "errors": [{"reason": reason, "message": reason}]}
    return JSONResponse({"error": error}, status)
