"""Looks again whenever there is news, until what is looked for is there, or time is up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.local_api.late_rows import LateRows

_PAUSE_SECONDS = 0.5  # rows that nobody was heard to write are no news


@dataclass(frozen=True)
class Finding:
    """What a look came to: `is_met` or not, and whether that `is_final`, whatever still comes.

    `tell` returns what is answered; where it is not met, with a `message`. `pause` is how many
    seconds later to look again without news.
    """

    is_met: bool
    tell: Callable[[], dict[str, Any]]
    is_final: bool = False
    pause: float = _PAUSE_SECONDS


def met(tell: Callable[[], dict[str, Any]]) -> Finding:
    """Return the finding that all is there."""
    return Finding(is_met=True, tell=tell)


def missed(
    tell: Callable[[], dict[str, Any]], *, is_final: bool = False, pause: float = _PAUSE_SECONDS
) -> Finding:
    """Return the finding that it is not."""
    return Finding(is_met=False, tell=tell, is_final=is_final, pause=pause)


Look = Callable[[], Awaitable[Finding]]


class Lookout:
    """Waits for what requests and rows change."""

    def __init__(self, inside: Inside) -> None:
        self._traces = inside.traces
        self._late_rows = LateRows(inside)

    async def until(self, look: Look, within: float) -> Finding:
        """Return the first finding that is met or final, or the last one `within` seconds."""
        now = asyncio.get_running_loop().time
        end = now() + within
        while True:
            self._traces.refresh()
            known = self._traces.revision
            finding = await look()
            left = end - now()
            if finding.is_met or finding.is_final or left <= 0:
                return finding
            if self._traces.revision == known:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, finding.pause)):
                        await self._traces.news()
            await self._late_rows.look()
