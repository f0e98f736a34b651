"""A service whose requests meet the faults that are on."""

import asyncio
from collections.abc import Iterator
from functools import partial

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import (
    Delay,
    Reset,
    Selective,
    Service,
    Status,
    Truncate,
)
from analytics_local_cloud.storage.faults.interruptions import hang_up, interrupted, reset


class FaultyApp:
    """Serves `app`, unless a fault of `board` at the `service` has it otherwise."""

    def __init__(self, app: ASGIApp, service: Service, board: FaultBoard) -> None:
        self._app, self._service, self._board = app, service, board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            faults = self._board.hits(self._service, scope["path"], scope["method"])
            await self._play(faults, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _play(
        self, faults: Iterator[Selective], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with the first of the faults; the others hit what it leaves of the request."""
        fault = next(faults, None)
        go_on = partial(self._play, faults, scope, receive)
        match fault:
            case Delay():
                await asyncio.sleep(fault.seconds)
                await go_on(send)
            case Truncate():
                await go_on(interrupted(send, fault.bytes, partial(hang_up, receive)))
            case Status() | Reset():
                if fault.when == "after":
                    await go_on(_unheard)
                if isinstance(fault, Reset):
                    await reset(receive)
                else:
                    await _refusal(fault)(scope, receive, send)
            case _:
                await self._app(scope, receive, send)


async def _unheard(_message: Message) -> None:
    """Send nothing."""


def _refusal(fault: Status) -> JSONResponse:
    """Return the answer in the forms of both ESPv2 and Google's APIs."""
    text = {"code": fault.code, "message": f"a fault at the {fault.at}, on purpose"}
    reason = {"reason": "backendError", "domain": "global", "message": text["message"]}
    after = fault.retry_after
    headers = {} if after is None else {"Retry-After": str(after)}
    return JSONResponse({**text, "error": {**text, "errors": [reason]}}, fault.code, headers)
