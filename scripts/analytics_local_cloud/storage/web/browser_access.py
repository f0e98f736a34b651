"""Web pages (CORS): real buckets refuse them until their `cors` is set, here all are welcome."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


class BrowserAccess:
    """Middleware: answers browsers, and costs other clients nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._browsers = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=_METHODS, allow_headers=["*"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request."""
        from_browser = any(name == b"origin" for name, _ in scope.get("headers", ()))
        await (self._browsers if from_browser else self._app)(scope, receive, send)
