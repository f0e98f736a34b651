"""The load: batches from a pool of clients, or on a schedule, each repeated until it is certain."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.scale_test.load.event_route import AttemptFailed
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally

_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0  # seconds between attempts
_MAX_CONNECTIONS = 500  # of a schedule; a process may have a thousand files open
_MAX_IN_FLIGHT = 5000  # batches of a schedule whose answers are awaited at a time


class Posting(Protocol):
    """Sends one batch (gateway.Gateway)."""

    async def post(self, body: bytes, idempotency_key: str, event_count: int) -> bytes:
        """Return the batch's id as bytes, or raise AttemptFailed."""


@dataclass(frozen=True, slots=True)
class Load:
    """How batches are sent.

    Without a `rate`, `pool_size` clients send one after the other. With one, so many batches are
    started a second whether or not earlier ones were answered.
    """

    pool_size: int
    rate: float | None = None

    @property
    def connections(self) -> int:
        """How many connections are open at most."""
        return self.pool_size if self.rate is None else _MAX_CONNECTIONS


class Sender:
    """Sends the batches of a plan and tells the tally, which keeps the time."""

    def __init__(
        self,
        gateway: Posting,
        plan: Plan,
        tally: Tally,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gateway = gateway
        self._plan = plan
        self._tally = tally
        self._sleep = sleep

    async def send_all(self, load: Load) -> None:
        """Send every batch, the first one alone.

        Raises CommandFailed when that is not accepted: nothing else is sent then. Stops when so
        many batches in a row failed that the rest would, too.
        """
        await self.send(0, self._tally.now())
        if self._tally.given_up:
            raise CommandFailed(
                f"the first batch is not accepted, no other was sent: {self._tally.last_problem}"
            )
        self._tally.load_started = self._tally.now()
        if load.rate is None:
            await self._send_in_turns(load.pool_size)
        else:
            await self._send_on_schedule(load.rate)

    async def send(self, batch: int, due: float) -> None:
        """Send one batch until it is acknowledged, refused, or has failed too often.

        Its latency counts from `due`, whatever kept it from being sent then.
        """
        self._tally.begun += 1
        body, key = self._plan.body(batch), self._plan.idempotency_key(batch)
        status = ""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                batch_id = await self._gateway.post(body, key, self._plan.batch_size)
            except AttemptFailed as failure:
                status = failure.status
                self._tally.fail(status, str(failure))
                if not failure.is_retryable or attempt == _ATTEMPTS:
                    break
                await self._sleep(_pause(attempt, failure.retry_after))
            else:
                now = self._tally.now()
                self._tally.acknowledge(batch, batch_id, latency=now - due, at=now)
                return
        self._tally.give_up(batch, status)

    async def _send_in_turns(self, pool_size: int) -> None:
        left = iter(range(1, self._plan.batches))

        async def client() -> None:
            for batch in left:
                await self.send(batch, self._tally.now())
                if self._tally.is_hopeless:
                    return

        async with asyncio.TaskGroup() as clients:
            for _ in range(min(pool_size, self._plan.batches)):
                clients.create_task(client())

    async def _send_on_schedule(self, rate: float) -> None:
        started = self._tally.now()
        places = asyncio.Semaphore(_MAX_IN_FLIGHT)

        async def send(batch: int, due: float) -> None:
            await self.send(batch, due)
            places.release()

        async with asyncio.TaskGroup() as sent:
            for batch in range(1, self._plan.batches):
                due = started + (batch - 1) / rate
                await asyncio.sleep(max(0.0, due - self._tally.now()))
                await places.acquire()
                if self._tally.is_hopeless:
                    return
                sent.create_task(send(batch, due))


def _pause(attempt: int, retry_after: float) -> float:
    """Return how long to wait: longer each time, never all at once, and as long as was asked."""
    spread = random.uniform(0.75, 1.25)  # noqa: S311 - no secret
    backoff = _FIRST_PAUSE * 2.0 ** (attempt - 1) * spread
    return min(max(backoff, retry_after), _LONGEST_PAUSE)
