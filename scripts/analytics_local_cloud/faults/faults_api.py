"""The API of the faults, at the gateway's address, where no fault hits it."""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import UnknownFault, read_faults

PATH = "/_local/faults"
_METHODS = ("GET", "PUT", "DELETE")


class FaultsApi:
    """Answers on PATH; all else is the gateway's, `app`."""

    def __init__(self, app: ASGIApp, board: FaultBoard) -> None:
        self._app, self._board = app, board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer about faults, or let the gateway answer."""
        app = self._app
        if scope["type"] == "http" and scope["path"] == PATH:
            app = await self._answer(Request(scope, receive))
        await app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Answer what is on, after it was changed: PUT replaces it, DELETE ends it."""
        if request.method not in _METHODS:
            return _refuse(405, "the faults take GET, PUT and DELETE", Allow=", ".join(_METHODS))
        try:
            if request.method != "GET":
                is_put = request.method == "PUT"
                self._board.replace(read_faults(await request.body()) if is_put else ())
        except UnknownFault as exc:
            return _refuse(400, str(exc))
        state = msgspec.json.encode(self._board.state())
        return Response(state, media_type="application/json")


def _refuse(status: int, message: str, **headers: str) -> Response:
    return JSONResponse({"code": status, "message": message}, status, headers)
