"""An event as the bytes that are kept and sent."""

import json
from collections.abc import Mapping

from analytics_pipeline_client.client_errors import EventTooLargeError, WrongEventError

OURS = frozenset({"sessionId", "eventIndex", "eventId"})
_DEEPEST = 200  # what a JSON column of the warehouse holds; the server refuses more than 250
_TEXT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_ASCII = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def encoded(event: Mapping[str, object], max_bytes: int) -> bytes:
    """Return an event as one line of JSON, without what `stamped` adds.

    Raises `WrongEventError` for what is not JSON (NaN, bytes, a loop), and names the reason.
    """
    if not OURS.isdisjoint(event):
        raise WrongEventError(f"{', '.join(sorted(OURS))} are given by the client")
    try:
        line = _TEXT.encode(event).encode()
    except UnicodeEncodeError:  # half a surrogate pair is JSON only as its escape
        line = _ASCII.encode(event).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongEventError(f"the event is not JSON: {error}") from None
    if len(line) > max_bytes:
        raise EventTooLargeError(f"the event has {len(line)} bytes, and {max_bytes} are allowed")
    if line.count(b"{") + line.count(b"[") > _DEEPEST and _depth(event) > _DEEPEST:
        raise WrongEventError(f"the event is nested deeper than {_DEEPEST}")
    return line


def stamped(line: bytes, session: str, index: int) -> bytes:
    """Return the line of an event with its place in a session."""
    who = session.encode()
    return b'{"sessionId":"%b","eventIndex":%d,"eventId":"%b.%d",%b' % (
        *(who, index, who, index),
        line[1:],
    )


def _depth(value: object) -> int:
    """Return how many objects and arrays are in each other at most."""
    deepest, level = 0, [value]
    while level:
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list | tuple):
                inner.extend(each)
        deepest += any(isinstance(each, dict | list | tuple) for each in level)
        level = inner
    return deepest
