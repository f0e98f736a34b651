"""Requests with their answers: the last ones, in bounded memory."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_UNWATCHED = (500, 2_000_000)  # exchanges and bytes: for whoever begins to look
_WATCHED = (10_000, 48_000_000)
_LOOK_SECONDS = 60  # as long as somebody who looked may look again


@dataclass(slots=True)
class Exchange:
    """A request and its answer, as they went over the wire; `began` and `ended` since the epoch.

    `query` is without API keys; `status` is 0 where no answer began. A body that `is_cut` was
    longer than what is kept.
    """

    place: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    began: float
    ended: float = 0.0
    status: int = 0
    body: bytes = b""
    answer: bytes = b""
    is_cut: bool = False
    number: int = field(default=0)

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return 1_000 + len(self.path) + len(self.query) + len(self.body) + len(self.answer)


class Journal:
    """The last exchanges, in the order in which they ended.

    Few are kept unless somebody looks: a pipeline that nobody watches pays next to nothing.
    """

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque()
        self._bytes = 0
        self._number = 0
        self._watched_until = 0.0
        self._news = asyncio.Event()
        self.is_over = False

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange that has ended, and forget the oldest ones for it."""
        self._number += 1
        exchange.number = self._number
        self._kept.append(exchange)
        self._bytes += exchange.size
        is_watched = exchange.ended < self._watched_until
        most, most_bytes = _WATCHED if is_watched else _UNWATCHED
        while len(self._kept) > most or self._bytes > most_bytes:
            self._bytes -= self._kept.popleft().size
        self._news.set()

    def watch(self, now: float) -> None:
        """Keep more from now on, for a while."""
        self._watched_until = now + _LOOK_SECONDS

    def tell(self) -> None:
        """Let whoever waits look again."""
        self._news.set()

    def close(self) -> None:
        """Tell whoever waits that the pipeline stops: nothing more will come."""
        self.is_over = True
        self._news.set()

    def after(self, number: int) -> Iterator[Exchange]:
        """Yield the exchanges that came after that one, the oldest first."""
        fresh = self._number - number
        if fresh > 0:
            yield from list(self._kept)[-fresh:]

    @property
    def last(self) -> int:
        """The number of the last exchange, 0 before the first."""
        return self._number

    async def news(self, number: int) -> None:
        """Wait until there may be something after that exchange, or nothing will come."""
        if self._number <= number and not self.is_over:
            self._news.clear()
            await self._news.wait()
