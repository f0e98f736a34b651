"""Pure: the events that are sent, as a game sends them. Every value follows from a number.

A request has one small event, or events of a kilobyte each: 276 B, 4.1 KB and 517 KB for 1, 4 and
500 events.
"""

import json
from collections.abc import Sequence
from hashlib import shake_256

SIZES = (1, 4, 500)  # events a request
_TYPES = ("match_started", "match_ended", "item_bought", "level_reached", "crashed", "logged_in")
_MAPS = ("harbour", "old-town", "glacier", "jungle")
_STARTED = 1_795_780_800_000  # milliseconds: 2026-11-27T12:00:00Z
_NOISE_BYTES = 288  # with them an event has a kilobyte


def make_event(number: int, *, is_small: bool) -> bytes:
    """Return the event with that number as compact JSON; no two are equal."""
    noise = shake_256(number.to_bytes(8, "big")).hexdigest(_NOISE_BYTES)
    draw = int(noise[:8], 16)
    event = {
        "eventSource": "client",
        "eventType": _TYPES[draw % len(_TYPES)],
        "eventTimestamp": _STARTED + number,
        "eventIndex": number,
        "sessionId": noise[8:24],
        "buildVersion": f"2.{draw % 4}.{draw % 31}",
        "playerId": f"player-{draw % 100_000}",
        "eventAttributes": _few(draw, noise) if is_small else _many(draw, noise),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def make_batches(size: int, count: int, first: int = 0) -> Sequence[Sequence[bytes]]:
    """Return so many batches of `size` events each; no two events are equal.

    Events are counted through all batches, of which the first has the number `first`.
    """
    return [
        [make_event(batch * size + index, is_small=size == 1) for index in range(size)]
        for batch in range(first, first + count)
    ]


def body_of(batch: Sequence[bytes]) -> bytes:
    """Return the body of the request that sends the events: a JSON array."""
    return b"[%b]" % b",".join(batch)


def _few(draw: int, noise: str) -> dict[str, object]:
    return {"level": draw % 60, "map": _MAPS[draw % len(_MAPS)], "matchId": noise[24:56]}


def _many(draw: int, noise: str) -> dict[str, object]:
    return {
        **_few(draw, noise),
        "isRanked": draw % 2 == 0,
        "position": {"x": draw % 4096 + 0.25, "y": draw % 512 - 255.5, "z": draw % 64 + 0.75},
        "nickname": f"Zoë {noise[40:46]} 龍",
        "squad": [f"player-{noise[start : start + 6]}" for start in range(46, 70, 6)],
        "device": {"os": "Android 16", "memoryMb": 1024 << draw % 5, "gpu": noise[70:86]},
        "crashReport": None,
        "trace": noise[86:],
    }
