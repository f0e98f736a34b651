"""ingest on the local storage: requests with one key are one object, whenever they arrive."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from analytics_pipeline.ingest import wiring
from analytics_pipeline.ingest.admission import Admission
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.ingest import Ingest
from analytics_pipeline.ingest.parameters import Rules, read_batch_request
from analytics_pipeline.ingest.refusals import NotStored
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.settings import Settings

MADE = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
KEY = f"{round(MADE.timestamp() * 1000):012x}7abc8def0123456789ab"
BODY = b'[{"a":1},{"b":2}]'


def make_ingest(bucket):
    """Return what an instance of its own stores with."""
    settings = Settings(
        bucket_name=bucket.name, google_cloud_project="p", storage_emulator_host=bucket.url
    )
    workers = Workers("test", threads=1, waiting=80)
    limits = BodyLimits(1000, 1000, 10_000)
    store = wiring.batch_store(settings)
    return Ingest(store, bucket.name, limits, wiring.draw_number, workers)


async def send(ingest, now, body=BODY, key=KEY):
    """Store the body as a request at that time does; returns the receipt."""
    request = read_batch_request(b"", [key], Rules((), ()), now)
    with Admission(10**9).lease() as lease:
        return await ingest.store(body, request, lease)


def names(bucket):
    """Return the names of all objects."""
    answer = bucket.send("GET", "/storage/v1/b/{bucket}/o").json
    return [item["name"] for item in answer.get("items", [])]


async def test_fifty_at_once_and_one_late(bucket):
    """Fifty requests of one UUIDv7 key and one of the next day: one object, equal receipts."""
    ingest, other = make_ingest(bucket), make_ingest(bucket)
    early = [send(ingest, MADE + timedelta(milliseconds=100 * number)) for number in range(50)]

    receipts = await asyncio.gather(*early)
    receipts.append(await send(other, MADE + timedelta(days=1)))

    assert 51 == len(receipts)
    assert {receipts[0]} == set(receipts)
    (name,) = names(bucket)
    assert "/event_ds=2026-03-01/event_time=16-24/" in name
    assert "/2026-03-01T23:59:59Z-" in name


async def test_another_body(bucket):
    """A key that is used again for another body is another request."""
    ingest = make_ingest(bucket)

    first = await send(ingest, MADE)
    second = await send(ingest, MADE, b'{"c":3}')

    assert first.batch_id != second.batch_id
    assert 2 == len(names(bucket))


async def test_another_object_of_that_name(bucket):
    """What stands under the name in another size is not taken for the retried batch."""
    ingest = make_ingest(bucket)
    await send(ingest, MADE)
    (name,) = names(bucket)
    bucket.write(name, b"short")

    with pytest.raises(NotStored):
        await send(ingest, MADE)
