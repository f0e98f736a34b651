"""Eventarc on one machine: delivers the storage's finalize events to a function.

At least once, in no particular order, as the real one (Eventarc guide, "Retry events"): whatever
is not acknowledged is delivered again with exponential back-off, under the same id, until its
retention is over. What is still to be delivered is in the storage's outbox and survives restarts.
"""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import aiohttp

from analytics_local_cloud.event_headers import event_headers
from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import Delay, Drop, Duplicate
from analytics_local_cloud.storage.metadata import to_datetime
from analytics_local_cloud.storage.objects.outbox import OutboxEvent
from analytics_local_cloud.storage.storage_errors import Unavailable
from analytics_local_cloud.storage.store import ObjectStore

# Pub/Sub guide, "Push subscriptions": all other answers ask for redelivery.
_ACKNOWLEDGEMENTS = {102, 200, 201, 202, 204}
# The functions' server closes idle connections after 2 s; reusing one then would fail a delivery.
_KEEP_ALIVE_SECONDS = 1.0
_MAX_SLEEP_SECONDS = 60.0
_WINDOW = 100  # events that are delivered in any order when they are shuffled
_MAX_ERROR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How events are delivered: pauses, retention and timeout in seconds, deliveries at a time."""

    first_pause: float = 0.2
    longest_pause: float = 30.0
    retention: float = 24 * 3600.0
    timeout: float = 60.0
    concurrency: int = 8

    def pause(self, attempts: int) -> float:
        """Return how long to wait after that many failed attempts."""
        doublings = min(attempts - 1, 30)
        return min(self.first_pause * 2.0**doublings, self.longest_pause)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a delivery: why it failed, None when it did not; whether that was the last."""

    error: str | None
    is_last: bool = False


_DEFAULT_POLICY = DeliveryPolicy()


class Deliveries:
    """Delivers the events of `bucket` to `target_url`, as fast as they are acknowledged."""

    def __init__(
        self,
        store: ObjectStore,
        target_url: str,
        bucket: str,
        board: FaultBoard | None = None,
        policy: DeliveryPolicy = _DEFAULT_POLICY,
    ) -> None:
        self._store = store
        self._outbox = store.outbox
        self._target_url = target_url
        self._bucket = bucket
        self._board = board or FaultBoard()
        self._policy = policy
        self._places = policy.concurrency
        self._unsettled: set[int] = set()
        self._wake = asyncio.Event()

    def pending(self) -> int:
        """Return the number of events that are still to be delivered."""
        return self._outbox.pending(self._bucket)

    async def run(self) -> None:
        """Announce the bucket's new objects and deliver them until cancelled."""
        await self._store.buckets.enable_events(self._bucket)
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        timeout = aiohttp.ClientTimeout(total=self._policy.timeout)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            asyncio.TaskGroup() as tasks,
        ):
            with self._outbox.listener(partial(loop.call_soon_threadsafe, self._wake.set)):
                while True:
                    self._wake.clear()
                    waiting = self._waiting()
                    for event in self._choose(waiting):
                        self._unsettled.add(event.id)
                        self._places -= 1
                        tasks.create_task(self._deliver(session, event))
                    await self._sleep(waiting)

    def _choose(self, waiting: list[OutboxEvent]) -> list[OutboxEvent]:
        """Return the events to deliver now, as many as there are places for."""
        now = time.time()
        due = [event for event in waiting if event.next_attempt_at <= now]
        if len(due) > 1 and self._board.reorders():
            random.shuffle(due)
        return due[: self._places]

    async def _sleep(self, waiting: list[OutboxEvent]) -> None:
        """Wait for new events, a free place, or the next attempt's time, whichever is first."""
        seconds = _MAX_SLEEP_SECONDS
        if self._places:
            next_attempts = [e.next_attempt_at for e in waiting if e.id not in self._unsettled]
            seconds = min([seconds, *(at - time.time() for at in next_attempts[:1])])
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _waiting(self) -> list[OutboxEvent]:
        """Return the next events of which no delivery is under way, by the time they are due."""
        places = _WINDOW if self._board.may_reorder else self._places
        events = self._outbox.due(self._bucket, places + 1 + len(self._unsettled))
        return [event for event in events if event.id not in self._unsettled]

    async def _deliver(self, session: aiohttp.ClientSession, event: OutboxEvent) -> None:
        """Deliver one event, free its place, then record what became of it."""
        try:
            outcome = await self._attempt(session, event)
        finally:
            self._places += 1
            self._wake.set()
        judged = self._judge(event, outcome)
        with suppress(Unavailable):  # what cannot be recorded is delivered again
            await self._outbox.settle(judged)
        self._unsettled.remove(event.id)
        self._wake.set()

    async def _attempt(self, session: aiohttp.ClientSession, event: OutboxEvent) -> _Outcome:
        """Deliver one event, as the faults that hit it have it."""
        copies, lost = 1, ""
        for fault in self._board.hits("events", event.name):
            match fault:
                case Delay():
                    await asyncio.sleep(fault.seconds)
                case Duplicate():
                    copies += fault.copies
                case Drop(what="acknowledgement"):
                    lost = "the acknowledgement was lost on purpose"
                case Drop():
                    error = f"the {fault.what} was lost on purpose"
                    return _Outcome(error, is_last=fault.what == "event")
        posts = [self._post(session, event) for _ in range(copies)]
        errors = [error for error in await asyncio.gather(*posts) if error is not None]
        return _Outcome(errors[0] if errors else lost or None)

    async def _post(self, session: aiohttp.ClientSession, event: OutboxEvent) -> str | None:
        """Send the event once; returns why it was not acknowledged, None when it was."""
        try:
            async with session.post(
                self._target_url,
                data=event.resource.encode(),
                headers=event_headers(event),
                allow_redirects=False,
            ) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as exc:
            return f"{type(exc).__name__}: {exc}"
        if answer.status not in _ACKNOWLEDGEMENTS:
            return f"HTTP {answer.status}: {text[:_MAX_ERROR_LENGTH]}"
        return None

    def _judge(self, event: OutboxEvent, outcome: _Outcome) -> OutboxEvent:
        """Return the event as it is after an attempt."""
        attempts = event.attempts + 1
        if outcome.error is None:
            return replace(event, state="delivered", attempts=attempts)
        age = self._board.clock() - to_datetime(event.generation).timestamp()
        is_over = outcome.is_last or age > self._policy.retention
        return replace(
            event,
            state="discarded" if is_over else "pending",
            attempts=attempts,
            next_attempt_at=time.time() + self._policy.pause(attempts),
            last_error=outcome.error,
        )
