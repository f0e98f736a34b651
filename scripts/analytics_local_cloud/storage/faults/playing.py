"""What a fault does to a request.

return-503                                     answers 503, and does nothing
return-503-after-256K                          keeps 256 KiB of an upload, then answers 503
return-reset-connection                        resets the connection
return-broken-stream                           breaks off after the first bytes of the answer
return-broken-stream-after-256K                breaks off after 256 KiB of it
return-broken-stream-final-chunk-after-9B      completes an upload, breaks off its answer
stall-for-2s-after-256K                        pauses after 256 KiB of upload or download
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from analytics_local_cloud.storage.faults.interruptions import hang_up, interrupted, reset
from analytics_local_cloud.storage.storage_errors import Refusal, Unsupported
from analytics_local_cloud.storage.web.served import Endpoint
from analytics_local_cloud.storage.web.storage_answers import json_error

_FAULT = re.compile(
    r"(?P<reset>return-reset-connection)"
    r"|return-(?P<status>[1-5]\d\d)(?:-after-(?P<kept>\d+)K)?"
    r"|(?P<broken>return-broken-stream)(?:-after-(?P<sent>\d+)K|-final-chunk-after-(?P<last>\d+)B)?"
    r"|stall-for-(?P<seconds>\d+)s-after-(?P<passed>\d+)K"
)
_FIRST_BYTES = 4
_DONE = 200
_KIB = 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/")


@dataclass(frozen=True, slots=True)
class Fault:
    """An instruction of a retry test, and what its pattern found in it."""

    text: str
    found: dict[str, str | None]

    def number(self, name: str, unit: int = 1) -> int:
        """Return a number of the instruction in bytes or seconds, 0 if it has none."""
        return int(self.found[name] or 0) * unit


def parse_fault(text: str) -> Fault:
    """Return a fault; raises Unsupported for another one than the above."""
    found = _FAULT.fullmatch(text)
    if found is None:
        raise Unsupported(f"The local storage does not support the fault {text}.")
    return Fault(found[0], found.groupdict())


async def play(faults: list[Fault], request: Request, endpoint: Endpoint) -> Response:
    """Answer a request with the first of `faults`, which is removed once it took place."""
    fault = faults[0]
    if fault.found["reset"]:
        del faults[0]
        await reset(request.receive)
        return Response()
    if fault.found["status"]:
        return await _refuse(faults, request, endpoint)
    if fault.found["seconds"]:
        return await _stall(faults, request, endpoint)
    is_final = fault.found["last"] is not None
    response = await endpoint(request)
    if is_final and (response.status_code != _DONE or "upload_id" not in request.query_params):
        return response
    limit = fault.number("last") if is_final else fault.number("sent", _KIB) or _FIRST_BYTES

    async def break_off() -> bool:
        del faults[0]
        return await hang_up(request.receive)

    return _Interrupted(response, limit, break_off)


async def _refuse(faults: list[Fault], request: Request, endpoint: Endpoint) -> Response:
    """Answer a status, if need be after an upload's first bytes were kept."""
    fault = faults[0]
    refusal = Refusal(f"Retry Test: Caused a {fault.number('status')}")
    refusal.status = fault.number("status")
    if fault.found["kept"] is not None:
        chunk = _CONTENT_RANGE.match(request.headers.get("content-range", ""))
        if chunk is None or int(chunk[2]) + 1 < fault.number("kept", _KIB):
            return await endpoint(request)
        first_bytes = max(0, fault.number("kept", _KIB) - int(chunk[1]))
        if first_bytes:
            await endpoint(Request(request.scope, _cut(request.receive, first_bytes)))
    del faults[0]
    return json_error(refusal)


async def _stall(faults: list[Fault], request: Request, endpoint: Endpoint) -> Response:
    fault = faults[0]
    limit = fault.number("passed", _KIB)

    async def pause() -> bool:
        del faults[0]
        await asyncio.sleep(fault.number("seconds"))
        return True

    if request.method in {"POST", "PUT"}:
        return await endpoint(Request(request.scope, _paused(request.receive, limit, pause)))
    return _Interrupted(await endpoint(request), limit, pause)


class _Interrupted(Response):
    """An answer that does something once `limit` bytes of it are sent, and may end with that."""

    def __init__(self, answer: Response, limit: int, act: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self._answer = answer
        self._limit = limit
        self._act = act

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        await self._answer(scope, receive, interrupted(send, self._limit, self._act))


def _cut(receive: Receive, limit: int) -> Receive:
    """Return what receives the first `limit` bytes of a body as if they were all."""
    left = limit

    async def receive_first() -> Message:
        nonlocal left
        message = await receive()
        body = message.get("body", b"")[:left]
        left -= len(body)
        return {**message, "body": body, "more_body": message.get("more_body", False) and left > 0}

    return receive_first


def _paused(receive: Receive, limit: int, pause: Callable[[], Awaitable[bool]]) -> Receive:
    """Return what pauses once `limit` bytes of a body were received."""
    left = limit

    async def receive_slowly() -> Message:
        nonlocal left
        message = await receive()
        size = len(message.get("body", b""))
        if 0 < left <= size:
            await pause()
        left -= size
        return message

    return receive_slowly
