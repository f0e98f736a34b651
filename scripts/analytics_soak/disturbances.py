"""Kills of processes, and faults of the local cloud, one after the other, in a seeded order."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import aiohttp

from analytics_soak.lifetimes import FUNCTIONS, SERVICES, Lifetimes

Fault = Mapping[str, object]
_SOME: Fault = {"probability": 0.3}
_SERVICES = ("gateway", "storage", "warehouse")
FAULTS: tuple[Fault, ...] = (
    *({"do": "status", "at": at, "code": 503, **_SOME} for at in _SERVICES),
    *({"do": "status", "at": at, "code": 500, "when": "after", **_SOME} for at in _SERVICES),
    *({"do": "status", "at": at, "code": 429, "retry_after": 1, **_SOME} for at in _SERVICES),
    *({"do": "reset", "at": at, **_SOME} for at in _SERVICES),
    *({"do": "reset", "at": at, "when": "after", **_SOME} for at in _SERVICES),
    *({"do": "truncate", "at": at, **_SOME} for at in _SERVICES),
    *({"do": "delay", "at": at, "seconds": 0.5, **_SOME} for at in _SERVICES),
    {"do": "delay", "at": "events", "seconds": 0.5},
    {"do": "duplicate", "at": "events", "copies": 2},
    *({"do": "drop", "at": "events", "what": w} for w in ("delivery", "acknowledgement")),
    {"do": "drop", "at": "events", "what": "event", **_SOME},
    {"do": "reorder", "at": "events"},
    {"do": "full", "at": "disk"},
    {"do": "shift", "at": "clock", "seconds": 3600},
    {"do": "shift", "at": "clock", "seconds": -3600},
)
_KILLED = (SERVICES, *FUNCTIONS)
_PATIENCE_SECONDS = 10.0  # `reconcile` is there now and then only
_CALM = 0.2  # of the time, so that what was disturbed works again


@dataclass(slots=True)
class Disturbances:
    """Disturbs the pipeline; `switched` counts the faults that were switched on, by kind."""

    lifetimes: Lifetimes
    url: str
    seed: int
    seconds_each: float
    switched: Counter[str] = field(default_factory=Counter)

    async def run(self, seconds: float) -> None:
        """Disturb for that long, and once in every way at least; all is well afterwards."""
        until = time.monotonic() + seconds
        for number, disturbance in enumerate(_in_turn(self.seed)):
            if time.monotonic() > until and number >= len(_KILLED) + len(FAULTS):
                return
            if isinstance(disturbance, str):
                await self.lifetimes.kill(disturbance, _PATIENCE_SECONDS)
                await asyncio.sleep(self.seconds_each)
                continue
            seeded = {"seed": number} if "probability" in disturbance else {}
            await self._switch({**disturbance, **seeded})
            self.switched["{do} at {at}".format(**disturbance)] += 1
            await asyncio.sleep((1 - _CALM) * self.seconds_each)
            await self._switch()
            await asyncio.sleep(_CALM * self.seconds_each)

    async def _switch(self, *faults: Fault) -> None:
        """Switch these on, and all others off."""
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.put(f"{self.url}/_local/faults", json={"faults": faults}),
        ):
            pass


def _in_turn(seed: int) -> Iterator[Fault | str]:
    """Yield all kills and all faults, and all again, each time in another order.

    The kills come first, so that each process lives through the faults that follow.
    """
    dice = random.Random(seed)  # noqa: S311 - disturbances, not secrets
    while True:
        yield from dice.sample(_KILLED, len(_KILLED))
        yield from dice.sample(FAULTS, len(FAULTS))
