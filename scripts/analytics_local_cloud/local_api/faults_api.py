"""The API of the faults."""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import UnknownFault, read_faults

PATH = "/_local/faults"
_METHODS = ("GET", "PUT", "DELETE")


class FaultsApi:
    """Answers what is on, and changes it."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

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
