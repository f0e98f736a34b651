"""What the local storage keeps on disk."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from analytics_local_cloud.storage import ObjectStore
from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import ConditionNotMet, Invalid, Unavailable


@pytest.fixture(name="root")
def _root(tmp_path):
    return tmp_path / "storage"


@pytest.fixture(name="store")
async def _store(root):
    store = ObjectStore(root)
    await store.buckets.create("events", {})
    await store.buckets.enable_events("events")
    yield store
    store.close()


async def write(store, name, content=b"content", **options):
    """Write an object to the bucket `events`."""
    with store.objects.incoming() as blob:
        blob.write(content)
        return await store.objects.put(Target("events", name, {}, **options), blob)


def blobs(root):
    """Return the names of all blob files, complete or not."""
    return sorted(path.name for path in (*root.glob("blobs/*"), *root.glob("incoming/*")))


async def test_generations_only_grow(store, monkeypatch):
    """Every write is a later generation, also when the clock goes back."""
    first = await write(store, "a")
    monkeypatch.setattr("time.time_ns", lambda: 0)
    second = await write(store, "b")
    await store.objects.delete("events", "b")

    assert first.generation < second.generation < (await write(store, "c")).generation


async def test_old_blobs_go_away(store, root):
    """A replaced or deleted generation leaves no file behind."""
    await write(store, "a", b"1")
    kept = await write(store, "a", b"2" * 1_000_000)
    await write(store, "b")
    await store.objects.delete("events", "b")
    store.close()

    assert [str(kept.generation)] == blobs(root)


async def test_a_refused_write_leaves_nothing(store, root):
    """A write whose condition does not hold, or that was given up, leaves no file and no event."""
    with pytest.raises(ConditionNotMet):
        await write(store, "a", b"x" * 1_000_000, conditions=Conditions(if_generation_match=7))
    with store.objects.incoming() as blob:
        blob.write(b"x" * 1_000_000)

    assert [] == blobs(root)
    assert 0 == store.outbox.pending("events")


async def test_leftovers_of_a_crash_are_cleaned_at_the_start(store, root):
    """Files that no object refers to are removed at the next start."""
    kept = await write(store, "a")
    (root / "incoming" / "0").write_bytes(b"half")
    (root / "blobs" / "1").write_bytes(b"no row")

    ObjectStore(root).close()
    assert [str(kept.generation)] == blobs(root)


async def test_one_refused_request_does_not_spoil_the_others(store):
    """Of requests that share a transaction, each has an outcome of its own."""
    twice = [Conditions(if_generation_match=0)] * 2
    writes = (write(store, f"{n // 2}", conditions=c) for n, c in enumerate(twice * 20))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    assert 20 == sum(isinstance(outcome, ConditionNotMet) for outcome in outcomes)
    assert 20 == store.outbox.pending("events")


async def test_a_cancelled_request_does_not_spoil_the_others(store):
    """A request that is given up while it waits is stored or not, and those beside it go on."""
    given_up = [asyncio.create_task(write(store, f"{n}", b"x" * 1_000_000)) for n in range(20)]
    kept = asyncio.create_task(write(store, "kept"))
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    await asyncio.wait(given_up)

    assert [True] * 20 == [task.cancelled() for task in given_up]
    assert "kept" == (await kept).name
    assert {1_000_000, 7} == {file.path.stat().st_size for file in store.expand("gs://events/*")}


async def test_a_failed_transaction_stores_nothing(store, root):
    """When the database fails, the request is told so and neither object nor event exists."""
    with sqlite3.connect(root / "storage.db") as other:
        other.execute("DROP TABLE outbox")
    other.close()

    with pytest.raises(Unavailable):
        await write(store, "a")
    assert [] == store.expand("gs://events/*")


async def test_expand_matches_one_star_across_slashes(store):
    """A star stands for any text; the files hold the objects' bytes, in the order of the names."""
    for name in ("d/a/1.json", "d/b.json", "d/b.txt", "dx.json", "é.json"):
        await write(store, name, name.encode())

    found = store.expand("gs://events/d/*.json")
    assert ["gs://events/d/a/1.json", "gs://events/d/b.json"] == [file.uri for file in found]
    assert [b"d/a/1.json", b"d/b.json"] == [file.path.read_bytes() for file in found]
    assert [10, 8] == [file.size for file in found]
    assert ["gs://events/dx.json"] == [file.uri for file in store.expand("gs://events/dx.json")]
    assert [] == store.expand("gs://events/dx.json*x.json")
    assert 5 == len(store.expand("gs://events/*"))


@pytest.mark.parametrize("uri", ["s3://b/x", "gs://events", "gs://*/x", "gs://events/*/*"])
async def test_expand_refuses_what_is_no_pattern(store, uri):
    """A URI without an object, or with two stars, is refused."""
    with pytest.raises(Invalid):
        store.expand(uri)


async def test_delivered_events_stay_visible_for_a_while(store):
    """At least the last thousand delivered events are kept; old ones go, unless still pending."""
    source = await write(store, "pending")
    done = await write(store, "delivered")
    (event,) = [e for e in store.outbox.latest(10) if e.generation == done.generation]
    await store.outbox.settle(replace(event, state="delivered"))
    targets = (Target("events", f"{number}", {}) for number in range(1098))
    await asyncio.gather(*(store.objects.copy(source, target) for target in targets))

    names = [event.name for event in store.outbox.latest(2000)]
    assert 1099 == len(names)
    assert ("pending", False) == (names[-1], "delivered" in names)
