"""Clients that send batches until told to stop, and send again what failed, or what they like."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from analytics_soak.batches import Batch, batches_of
from analytics_soak.client_receipts import Receipt

_TIMEOUT = aiohttp.ClientTimeout(total=15.0)
_AGAIN_AFTER_SUCCESS, _AGAIN_AFTER_FAILURE, _MOST_ATTEMPTS = 0.1, 0.6, 4
_ACCEPTED, _FAILED, _TOO_MANY = 200, 500, 429


@dataclass(slots=True)
class Clients:
    """All clients, `rate` requests a second; `latencies` are (when, seconds) of answers."""

    variables: Mapping[str, str]
    clients: int
    rate: float
    seed: int
    receipts: list[Receipt] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Send until stopped; what is on its way then is waited for."""
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
            asyncio.TaskGroup() as group,
        ):
            for number in range(self.clients):
                group.create_task(self._run_one(session, number))

    def stop(self) -> None:
        """Let the clients end."""
        self._stop.set()

    async def _run_one(self, session: aiohttp.ClientSession, number: int) -> None:
        dice = random.Random(f"pauses/{self.seed}/{number}")  # noqa: S311 - traffic, not secrets
        for batch in batches_of(number, self.seed):
            await self._pause(dice.expovariate(self.rate / self.clients))
            if self._stop.is_set():
                return
            await self._send(session, batch, dice)

    async def _pause(self, seconds: float) -> None:
        """Wait, or until stopped."""
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _send(
        self, session: aiohttp.ClientSession, batch: Batch, dice: random.Random
    ) -> None:
        """Send a batch, and again until it is enough; keeps the receipt."""
        receipt = Receipt(batch, time.time())
        self.receipts.append(receipt)
        headers = dict(batch.headers)
        if batch.key == "uuid7":  # RFC 9562: it begins with the milliseconds of its time
            milliseconds = int(receipt.began * 1000)
            headers["Idempotency-Key"] = f"{milliseconds:012x}7{headers['Idempotency-Key'][-19:]}"
        while True:
            receipt.statuses.append(0)  # before it is sent: from now on it may be stored
            receipt.statuses[-1] = status = await self._post(session, receipt, headers)
            receipt.ended = time.time()
            failed = status == 0 or status >= _FAILED or status == _TOO_MANY
            again = _AGAIN_AFTER_FAILURE if failed else _AGAIN_AFTER_SUCCESS
            if len(receipt.statuses) == _MOST_ATTEMPTS or dice.random() >= again:
                return
            await self._pause(dice.uniform(0, 2 if failed else 1))

    async def _post(
        self, session: aiohttp.ClientSession, receipt: Receipt, headers: Mapping[str, str]
    ) -> int:
        """Send once; returns the status, 0 for no answer."""
        began = time.monotonic()
        url = f"{self.variables['ANALYTICS_URL']}/v1/event"
        query = {"key": self.variables["API_KEY"], **receipt.batch.parameters}
        try:
            async with session.post(
                url, data=receipt.batch.body, params=query, headers=headers
            ) as answer:
                if answer.status == _ACCEPTED:
                    receipt.batch_ids.append((await answer.json())["batch_id"])
                else:
                    await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return 0
        self.latencies.append((began, time.monotonic() - began))
        return answer.status
