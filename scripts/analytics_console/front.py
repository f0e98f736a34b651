"""What answers at the gateway's address before the gateway does: `/` and all below `/console`."""

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_local_cloud.inside import Inside

_HOME = "/console"


class ConsoleFront:
    """Serves the console, and lets the gateway answer all else.

    The console is built by the first request for it: whoever does not look pays nothing.
    """

    def __init__(self, gateway: ASGIApp, inside: Inside) -> None:
        self._gateway, self._inside = gateway, inside
        self._console: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._gateway
        if scope["type"] == "http" and _is_own(scope["path"], scope["method"]):
            app = self._console = self._console or self._build()
        await app(scope, receive, send)

    def _build(self) -> ASGIApp:
        from analytics_console.console import create_console  # noqa: PLC0415 - costs time, memory

        return create_console(self._inside)


def _is_own(path: str, method: str) -> bool:
    """Tell whether the console answers; what a client posts to `/` by mistake is the gateway's."""
    if path == "/":
        return method in {"GET", "HEAD"}
    return path == _HOME or path.startswith(f"{_HOME}/")
