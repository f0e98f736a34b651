"""ingest: a body becomes one object and a receipt."""

import asyncio
import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from fakes import FakeStore

from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.ingest import BatchRequest, Ingest, Receipt
from analytics_pipeline.ingest.ports import Acknowledgement
from analytics_pipeline.ingest.refusals import EmptyBatch, NotStored, UnknownOutcome
from analytics_pipeline.object_names import Partition

NAME = (
    "data_type=json/analytics_environment=testing/event_category=cold/event_ds=2026-03-01"
    "/event_time=8-16/session/2026-03-01T15:59:59Z-77"
)
BATCH_ID = hashlib.md5(f"gs://bucket/{NAME}".encode()).hexdigest()


@pytest.fixture(name="store")
def _store():
    return FakeStore()


@pytest.fixture(name="ingest")
def _ingest(store):
    return Ingest(store, "bucket", BodyLimits(2_000_000, 100_000), lambda: 77)


def make_request(**overrides):
    """Return a request with the values given, the others usual."""
    values = {
        "partition": Partition("testing", overrides.pop("category", "cold"), "2026-03-01", "8-16"),
        "session_id": "session",
        "received": datetime(2026, 3, 1, 15, 59, 59, 120, tzinfo=UTC),
        "sent_event_ds": None,
        "sent_event_time": None,
        "idempotency_key": None,
    }
    return BatchRequest(**{**values, **overrides})


class TestStore:
    async def test_json(self, ingest, store):
        """A batch is written once, as NDJSON, under the documented name, with its metadata."""
        receipt = await ingest.store(b'[{"a":1},{"b":2}]', make_request())

        assert Receipt(BATCH_ID, "json", 2) == receipt
        ((name, content, content_type, metadata),) = store.writes
        assert NAME == name
        assert "application/x-ndjson" == content_type
        first, second = [json.loads(line) for line in content.splitlines()]
        assert {"a": 1} == {n: v for n, v in first.items() if n == "a"}
        assert f"{BATCH_ID}/1" == second["eventId"]
        expected = {
            "batch_id": BATCH_ID,
            "event_count": "2",
            "received_timestamp": "1772380799.000120",
            "content_md5": base64.b64encode(hashlib.md5(content).digest()).decode(),
        }
        assert expected == metadata

    async def test_unknown(self, ingest, store):
        """A body that is no JSON is kept byte for byte."""
        receipt = await ingest.store(b"\xff\x00raw", make_request())

        ((name, content, content_type, metadata),) = store.writes
        assert ("unknown", 0) == (receipt.data_type, receipt.event_count)
        assert name.startswith("data_type=unknown/analytics_environment=testing/")
        assert (b"\xff\x00raw", "application/octet-stream") == (content, content_type)
        assert "0" == metadata["event_count"]

    async def test_large_body_leaves_the_loop_free(self, ingest, store):
        """While a large body is taken apart, other requests are served."""
        body = b"[" + b",".join([b'{"a":"' + b"x" * 100 + b'"}'] * 20_000) + b"]"
        turns = 0

        async def count_turns():
            nonlocal turns
            while not store.writes:
                turns += 1
                await asyncio.sleep(0)

        receipt, _ = await asyncio.gather(ingest.store(body, make_request()), count_turns())

        assert 20_000 == receipt.event_count
        assert turns > 10

    async def test_refused_body(self, ingest, store):
        """Nothing is stored for a body that is refused."""
        with pytest.raises(EmptyBatch):
            await ingest.store(b"[]", make_request())

        assert [] == store.writes

    @pytest.mark.parametrize("failure", [NotStored("no"), UnknownOutcome("?")])
    async def test_failed_write(self, ingest, store, failure):
        """A write that is not acknowledged gives no receipt."""
        store.answer = failure

        with pytest.raises(type(failure)):
            await ingest.store(b"{}", make_request())

    async def test_corrupt_write(self, ingest, store, capsys):
        """An acknowledgement of other bytes than were sent is an alarm, not a receipt."""
        store.answer = Acknowledgement.CORRUPT

        with pytest.raises(NotStored):
            await ingest.store(b"{}", make_request())

        assert '"event":"write_corrupt"' in capsys.readouterr().out

    async def test_unverified_write(self, ingest, store, capsys):
        """An acknowledgement that cannot be compared is trusted, and logged."""
        store.answer = Acknowledgement.UNVERIFIED

        await ingest.store(b"{}", make_request())

        assert '"event":"write_unverified"' in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("body", "category", "expected"),
        [
            (b"no json", "function", ["batch_stored", "not_loadable"]),
            (b"no json", "cold", ["batch_stored"]),
            (b"{}", "function", ["batch_stored"]),
        ],
    )
    async def test_log(self, ingest, capsys, body, category, expected):
        """Each batch is logged; one that can never reach BigQuery is an alarm."""
        await ingest.store(body, make_request(category=category))

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert expected == [line["event"] for line in lines]
        assert "2026-03-01" == lines[0]["event_ds"]


class TestIdempotency:
    async def ids(self, ingest, store, body=b'{"a":1}', **overrides):
        """Return the event ids that a request gives."""
        overrides.setdefault("idempotency_key", "k" * 16)
        await ingest.store(body, make_request(**overrides))
        return [json.loads(line)["eventId"] for line in store.writes[-1][1].splitlines()]

    async def test_retry(self, ingest, store):
        """The same request sent again, even a day later, has the same event ids."""
        first = await self.ids(ingest, store)
        later = await self.ids(
            ingest,
            store,
            received=datetime(2026, 3, 2, tzinfo=UTC),
            partition=Partition("testing", "cold", "2026-03-02", "0-8"),
        )

        assert first == later

    async def test_documented_id(self, ingest, store):
        """The id is the MD5 of the documented JSON array."""
        digest = hashlib.sha256(b'{"a":1}').hexdigest()
        identity = '["bucket","testing","cold","session",null,"0-8","' + "k" * 16 + f'","{digest}"]'
        expected = hashlib.md5(identity.encode()).hexdigest()

        assert [f"{expected}/0"] == await self.ids(ingest, store, sent_event_time="0-8")

    @pytest.mark.parametrize(
        "change",
        [
            {"body": b'{"a":2}'},
            {"session_id": "other"},
            {"category": "function"},
            {"sent_event_ds": "2026-03-01"},
            {"sent_event_time": "8-16"},
            {"idempotency_key": "l" * 16},
            {"idempotency_key": None},
        ],
        ids=str,
    )
    async def test_other_requests(self, ingest, store, change):
        """Another request has other event ids, also under a reused key."""
        assert await self.ids(ingest, store) != await self.ids(ingest, store, **change)
