"""How a scale test sends: retries, clients, a schedule."""

import asyncio

import pytest
from scale_builder import STARTED, make_plan

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.scale_test.load.event_route import AttemptFailed
from analytics_commands.scale_test.load.sending import Load, Sender
from analytics_commands.scale_test.load.tally import Tally

BATCH_ID = b"b" * 16
BUSY = AttemptFailed("503", "503 busy", is_retryable=True)
REFUSED = AttemptFailed("400", "400 event_ds: no", is_retryable=False)


class FakeGateway:
    """Answers attempts as told, then with receipts; keeps the keys of all attempts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.keys = []

    async def post(self, body, idempotency_key, event_count):
        assert body.startswith(b"[{")
        assert 3 == event_count
        self.keys.append(idempotency_key)
        answer = self.answers.pop(0) if self.answers else BATCH_ID
        if isinstance(answer, AttemptFailed):
            raise answer
        return answer


class Run:
    """A sender whose pauses take no time but on its own clock."""

    def __init__(self, gateway, **plan):
        self.plan = make_plan(**plan)
        self.seconds = 0.0
        self.pauses = []
        self.tally = Tally(self.plan.batches, STARTED, lambda: self.seconds)
        self.sender = Sender(gateway, self.plan, self.tally, self._sleep)

    async def _sleep(self, seconds):
        self.pauses.append(seconds)
        self.seconds += seconds


async def test_all_are_sent_once():
    """Every batch is sent once, each under a key of its own, and its receipt is kept."""
    gateway = FakeGateway()
    run = Run(gateway)

    await run.sender.send_all(Load(pool_size=2))

    keys = [run.plan.idempotency_key(batch) for batch in range(5)]
    assert sorted(keys) == sorted(gateway.keys)
    assert [BATCH_ID] * 5 == [run.tally.batch_id(batch) for batch in range(5)]
    assert 5 == run.tally.done


async def test_retry():
    """A failure that may pass is followed by the same key after longer and longer pauses."""
    gateway = FakeGateway(BUSY, BUSY, AttemptFailed("timeout", "…", is_retryable=True))
    run = Run(gateway)

    await run.sender.send(3, 0.0)

    assert [run.plan.idempotency_key(3)] * 4 == gateway.keys
    assert run.pauses == sorted(run.pauses)
    assert {"503": 2, "timeout": 1} == run.tally.failures
    assert (BATCH_ID, {}) == (run.tally.batch_id(3), run.tally.given_up)


async def test_retry_after():
    """The gateway's wish for a longer pause is heeded, within reason."""
    patient = AttemptFailed("429", "429", is_retryable=True, retry_after=3.0)
    endless = AttemptFailed("429", "429", is_retryable=True, retry_after=3600.0)
    run = Run(FakeGateway(patient, endless))

    await run.sender.send(0, 0.0)

    assert [3.0, 10.0] == run.pauses


async def test_giving_up():
    """A batch that fails five times is an error, and its receipt is missing."""
    gateway = FakeGateway(*[BUSY] * 9)
    run = Run(gateway)

    await run.sender.send(1, 0.0)

    assert 5 == len(gateway.keys)
    assert ({1: "503"}, None) == (run.tally.given_up, run.tally.batch_id(1))


async def test_refusal():
    """What is refused is not sent again."""
    gateway = FakeGateway(BATCH_ID, REFUSED)
    run = Run(gateway)

    await run.sender.send_all(Load(pool_size=1))

    assert 5 == len(gateway.keys)
    assert {1: "400"} == run.tally.given_up


async def test_first_batch_is_refused():
    """A refused first batch ends it with the reason, and nothing else is sent."""
    gateway = FakeGateway(REFUSED)

    with pytest.raises(CommandFailed, match="400 event_ds: no"):
        await Run(gateway).sender.send_all(Load(pool_size=30))

    assert 1 == len(gateway.keys)


@pytest.mark.parametrize("load", [Load(1), Load(1, rate=1e6)], ids=["clients", "schedule"])
async def test_hopeless(load):
    """When a hundred batches in a row fail, the rest is not sent."""
    gateway = FakeGateway(BATCH_ID, *[REFUSED] * 500)
    run = Run(gateway, batches=400)
    run.sender._sleep = asyncio.sleep

    await run.sender.send_all(load)

    assert run.tally.done in range(101, 400)


async def test_one_success_gives_hope():
    """Failures that are not in a row do not end it."""
    gateway = FakeGateway(BATCH_ID, *[*[REFUSED] * 99, BATCH_ID] * 2)
    run = Run(gateway, batches=201)

    await run.sender.send_all(Load(pool_size=1))

    assert 201 == run.tally.done


class SilentGateway(FakeGateway):
    """Answers nobody but the first until all have asked."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches
        self.everybody = asyncio.Event()

    async def post(self, body, idempotency_key, event_count):
        batch_id = await super().post(body, idempotency_key, event_count)
        if len(self.keys) == self.batches:
            self.everybody.set()
        if len(self.keys) > 1:
            await self.everybody.wait()
        return batch_id


async def test_schedule_waits_for_no_answer():
    """With a rate, batches are started whether or not earlier ones were answered."""
    run = Run(SilentGateway(40), batches=40)

    async with asyncio.timeout(60):
        await run.sender.send_all(Load(pool_size=1, rate=1e6))

    assert 40 == run.tally.done


async def test_clients_wait_for_answers():
    """Without a rate, no more batches are under way than there are clients."""
    gateway = SilentGateway(40)
    sending = asyncio.create_task(Run(gateway, batches=40).sender.send_all(Load(pool_size=7)))
    for _ in range(1000):  # turns of the event loop; each start takes a few
        await asyncio.sleep(0)

    assert 1 + 7 == len(gateway.keys)
    gateway.everybody.set()
    await sending


async def test_latency_counts_from_the_time_it_was_due():
    """A batch that had to wait, or to be repeated, is as late as its user sees it."""
    run = Run(FakeGateway(AttemptFailed("503", "503", is_retryable=True, retry_after=2.0)))
    run.seconds = 10.0

    await run.sender.send(0, due=7.5)

    assert [4.5] == list(run.tally.latencies)
    assert [12.0] == list(run.tally.answered)


def test_rate():
    """The rate is that of the load: the first batch, alone before it, does not count."""
    tally = Tally(3, STARTED, lambda: 0.0)
    tally.acknowledge(0, BATCH_ID, latency=5.0, at=5.0)
    tally.load_started = 5.0
    for batch in (1, 2):
        tally.acknowledge(batch, BATCH_ID, latency=1.0, at=5.0 + 2 * batch)

    assert 0.5 == tally.batches_per_second


def test_clock():
    """Times are seconds since the tally was begun."""
    moments = iter([100.0, 107.5])

    assert 7.5 == Tally(1, STARTED, lambda: next(moments)).now()
