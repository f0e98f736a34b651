"""Connections that end before their answer does."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Send

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


async def reset(receive: Receive) -> None:
    """Reset the connection of a request."""
    transport = _transport(receive)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await asyncio.sleep(0)  # the server learns of it


async def hang_up(receive: Receive) -> bool:
    """Close the connection of a request; returns that its answer does not go on."""
    _transport(receive).close()
    await asyncio.sleep(0)  # the server learns of it
    return False


def interrupted(send: Send, limit: int, act: Callable[[], Awaitable[bool]]) -> Send:
    """Return what sends an answer, and calls `act` once `limit` bytes of its body are sent.

    `act` returns whether the answer goes on.
    """
    left, goes_on = limit, True

    async def count(message: Message) -> None:
        nonlocal left, goes_on
        body = message.get("body", b"")
        is_due = message["type"] == "http.response.body" and 0 < left <= len(body)
        left -= len(body)
        if is_due:
            first = len(body) + left
            await send({**message, "body": body[:first], "more_body": True})
            goes_on = await act()
            message = {**message, "body": body[first:]}
        if goes_on:
            await send(message)

    return count


def _transport(receive: Receive) -> asyncio.Transport:
    """Return the request's connection, which ASGI hides: `receive` is a method of uvicorn's."""
    transport: asyncio.Transport = receive.__self__.transport  # type: ignore[attr-defined]
    return transport
