"""Delivery of finalize events: at least once, as CloudEvents, until they are acknowledged."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from cloudevents.http import from_http
from serving import serve
from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.deliveries import Deliveries, DeliveryPolicy
from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import Delay, Drop, Duplicate, Reorder
from analytics_local_cloud.storage import ObjectStore
from analytics_local_cloud.storage.objects.targets import Target

QUICK = DeliveryPolicy(first_pause=0.01, longest_pause=0.05, timeout=60.0)
DEADLINE_SECONDS = 60.0


class Function:
    """An application that receives events; `answers` are its first statuses, 200 follows."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.running = 0
        self.most_running = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        self.requests.append((dict(request.headers), await request.body()))
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        await asyncio.sleep(0.002)
        self.running -= 1
        status = self.answers.pop(0) if self.answers else 200
        answer = Response(None if status == 204 else b"answer", status, {"location": "/"})
        await answer(scope, receive, send)

    @property
    def names(self):
        return [json.loads(body)["name"] for _, body in self.requests]

    @property
    def ids(self):
        return [headers["ce-id"] for headers, _ in self.requests]


@pytest.fixture(name="store")
async def _store(tmp_path):
    store = ObjectStore(tmp_path / "storage")
    await store.buckets.create("events", {})
    yield store
    store.close()


@asynccontextmanager
async def delivering(store, function, *faults, policy=QUICK):
    """Deliver the events of the bucket `events` to `function` while the context lasts."""
    board = FaultBoard()
    board.replace(faults)
    with serve(function) as url:
        deliveries = Deliveries(store, url, "events", board, policy)
        task = asyncio.create_task(deliveries.run())
        await until(lambda: store.buckets.get("events").notifications)
        yield deliveries
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def write(store, *names, **properties):
    """Write objects to the bucket `events`."""
    for name in names:
        with store.objects.incoming() as blob:
            blob.write(b"content")
            stored = await store.objects.put(Target("events", name, properties), blob)
    return stored


async def until(condition):
    """Return when `condition()` holds; fails after a deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - any condition, with a deadline
            await asyncio.sleep(0.001)


async def test_an_event_is_a_cloudevent_of_the_object(store):
    """The function receives the headers and the body that Eventarc sends."""
    function = Function()
    async with delivering(store, function) as deliveries:
        stored = await write(store, "a=1/größe %.json", metadata={"batch_id": "1"})
        await until(lambda: deliveries.pending() == 0)

    ((headers, body),) = function.requests
    event = from_http(headers, body)
    assert "google.cloud.storage.object.v1.finalized" == event["type"]
    assert "//storage.googleapis.com/projects/_/buckets/events" == event["source"]
    assert "objects/a=1/gr%C3%B6%C3%9Fe%20%25.json" == headers["ce-subject"]
    assert ("1.0", "events") == (event["specversion"], event["bucket"])
    assert headers["ce-time"].startswith(stored.resource()["timeCreated"][:-1])
    assert stored.resource() == event.data
    assert (str(stored.generation), "7", "1") == (
        event.data["generation"],
        event.data["size"],
        event.data["metageneration"],
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_these_answers_acknowledge(store, status):
    """An answer that Pub/Sub counts as success ends the delivery."""
    function = Function(status)
    async with delivering(store, function) as deliveries:
        await write(store, "a")
        await until(lambda: deliveries.pending() == 0)

    assert ["a"] == function.names


@pytest.mark.parametrize("status", [206, 302, 400, 404, 429, 500, 503])
async def test_other_answers_ask_for_redelivery(store, status):
    """Whatever else is answered, the event comes again under the same id, with pauses."""
    function = Function(status, status)
    async with delivering(store, function) as deliveries:
        await write(store, "a")
        await until(lambda: deliveries.pending() == 0)

    (event,) = store.outbox.latest(10)
    assert 3 == len(function.ids)
    assert {str(event.id)} == set(function.ids)
    assert ("delivered", 3, f"HTTP {status}: answer") == (
        event.state,
        event.attempts,
        event.last_error,
    )


async def test_pauses_grow_up_to_a_limit():
    """Each failure doubles the pause, up to the longest one."""
    policy = DeliveryPolicy(first_pause=0.2, longest_pause=30.0)

    assert [0.2, 0.4, 0.8] == [policy.pause(attempts) for attempts in (1, 2, 3)]
    assert [30.0, 30.0] == [policy.pause(attempts) for attempts in (9, 10_000)]


async def test_a_function_that_is_not_there_gets_its_events_later(store):
    """Events wait while nothing listens; another run, as after a restart, delivers them."""
    deliveries = Deliveries(store, "http://127.0.0.1:1", "events", policy=QUICK)
    task = asyncio.create_task(deliveries.run())
    await store.buckets.enable_events("events")
    await write(store, "a", "b")
    await until(lambda: all(event.attempts for event in store.outbox.latest(2)))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert "ClientConnectorError" in store.outbox.latest(1)[0].last_error

    function = Function()
    async with delivering(store, function):
        await until(lambda: store.outbox.pending("events") == 0)
    assert {"a", "b"} == set(function.names)


async def test_events_survive_a_restart(store, tmp_path):
    """What was announced and not delivered is delivered by the next process."""
    await store.buckets.enable_events("events")
    await write(store, "a", "b", "c")
    store.close()

    function = Function()
    reopened = ObjectStore(tmp_path / "storage")
    async with delivering(reopened, function) as deliveries:
        await until(lambda: deliveries.pending() == 0)
    reopened.close()
    assert {"a", "b", "c"} == set(function.names)


async def test_a_silent_function_is_given_up_after_the_timeout(store):
    """An answer that does not come in time counts as a failure."""
    function = Function()
    async with delivering(store, function, policy=replace(QUICK, timeout=0.001)):
        await write(store, "a")
        await until(lambda: store.outbox.latest(1)[0].attempts > 1)

    assert "TimeoutError" in store.outbox.latest(1)[0].last_error


async def test_an_old_event_is_discarded(store):
    """An event that still fails after its retention is no longer delivered, and stays visible."""
    function = Function(*[500] * 1000)
    async with delivering(store, function, policy=replace(QUICK, retention=0.05)) as deliveries:
        await write(store, "a")
        await until(lambda: deliveries.pending() == 0)

    assert "discarded" == store.outbox.latest(1)[0].state


async def test_only_so_many_deliveries_run_at_once(store):
    """Deliveries run side by side, up to the policy's number, each event once."""
    function = Function()
    names = [str(number) for number in range(100)]
    await store.buckets.enable_events("events")
    await write(store, *names)
    async with delivering(store, function, policy=replace(QUICK, concurrency=3)) as deliveries:
        await until(lambda: deliveries.pending() == 0)

    assert sorted(names) == sorted(function.names)
    assert 3 == function.most_running


async def test_faults_duplicate_and_drop_acknowledgements(store):
    """On purpose, each event comes several times at once, and again after lost answers."""
    function = Function()
    names = [str(number) for number in range(20)]
    lost = Drop(at="events", what="acknowledgement", probability=0.6, seed=1)
    async with delivering(store, function, Duplicate(at="events", copies=2), lost) as deliveries:
        await write(store, *names)
        await until(lambda: deliveries.pending() == 0)

    assert set(names) == set(function.names)
    assert len(function.requests) > 3 * len(names)
    assert 0 == len(function.requests) % 3
    assert len(names) == len(set(function.ids))


@pytest.mark.parametrize(
    ("faults", "ordered"),
    [([], True), ([Reorder(at="events")], False), ([Delay(at="events", seconds=0.01)], True)],
    ids=["none", "reorder", "delay"],
)
async def test_faults_reorder(store, faults, ordered):
    """On purpose, events come in another order than their objects were written."""
    await store.buckets.enable_events("events")
    names = [f"{number:02}" for number in range(50)]
    await write(store, *names)
    function = Function()
    one_at_a_time = replace(QUICK, concurrency=1)
    async with delivering(store, function, *faults, policy=one_at_a_time) as deliveries:
        await until(lambda: deliveries.pending() == 0)

    assert names == sorted(function.names)
    assert ordered == (names == function.names)


@pytest.mark.parametrize(
    ("what", "state", "deliveries"), [("delivery", "delivered", 1), ("event", "discarded", 0)]
)
async def test_faults_drop(store, what, state, deliveries):
    """On purpose, a delivery is lost and comes later, or an event never comes."""
    function = Function()
    drop = Drop(at="events", what=what, path="dropped/", times=1)
    async with delivering(store, function, drop) as delivering_all:
        await write(store, "dropped/a", "kept/a")
        await until(lambda: delivering_all.pending() == 0)

    events = {event.name: event for event in store.outbox.latest(2)}
    assert (state, f"the {what} was lost on purpose") == (
        events["dropped/a"].state,
        events["dropped/a"].last_error,
    )
    assert deliveries == function.names.count("dropped/a")
    assert 1 == function.names.count("kept/a")
