"""ingest: a body becomes one object and a receipt."""

import asyncio
import base64
import hashlib
import itertools
import json
from datetime import UTC, datetime
from threading import get_ident

import pytest
from fakes import FakeStore

from analytics_pipeline.ingest.admission import Admission, cost_of
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.ingest import BatchRequest, Ingest, Receipt
from analytics_pipeline.ingest.ports import Acknowledgement, NameTaken
from analytics_pipeline.ingest.refusals import EmptyBatch, NotStored, Overloaded, UnknownOutcome
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.object_names import Partition

NAME = (
    "data_type=json/analytics_environment=testing/event_category=cold/event_ds=2026-03-01"
    "/event_time=8-16/session/2026-03-01T15:59:59Z-77"
)
RECEIVED = datetime(2026, 3, 1, 15, 59, 59, 120, tzinfo=UTC)
EARLY = datetime(1, 1, 1, tzinfo=UTC)
BATCH_ID = hashlib.md5(f"gs://bucket/{NAME}".encode()).hexdigest()


@pytest.fixture(name="store")
def _store():
    return FakeStore()


class Ingested(Ingest):
    """Stores with a lease that ends with the call."""

    async def store(self, body, request, room=10**9):
        with Admission(room).lease() as lease:
            return await super().store(body, request, lease)


@pytest.fixture(name="ingest")
def _ingest(store):
    limits = BodyLimits(2_000_000, 100_000, 20_000_000)
    numbers = itertools.count(77)
    workers = Workers("test", threads=1, waiting=0)
    return Ingested(store, "bucket", limits, lambda: next(numbers), workers)


def make_request(**overrides):
    """Return a request with the values given, the others usual."""
    values = {
        "partition": Partition("testing", overrides.pop("category", "cold"), "2026-03-01", "8-16"),
        "session_id": "session",
        "received": RECEIVED,
        "named": overrides.get("received", RECEIVED),
        "sent_event_ds": None,
        "sent_event_time": None,
        "sent": None,
        "idempotency_key": None,
    }
    return BatchRequest(**{**values, **overrides})


class TestStore:
    async def test_json(self, ingest, store):
        """A batch is written once, as NDJSON, under the documented name, with its metadata."""
        receipt = await ingest.store(b'[{"a":1},{"b":2}]', make_request())

        assert Receipt(BATCH_ID, "json", 2) == receipt
        (new,) = store.writes
        assert NAME == new.name
        assert "application/x-ndjson" == new.content_type
        first, second = [json.loads(line) for line in new.content.splitlines()]
        assert {"a": 1} == {n: v for n, v in first.items() if n == "a"}
        assert f"{BATCH_ID}/1" == second["eventId"]
        expected = {
            "batch_id": BATCH_ID,
            "event_count": "2",
            "received_timestamp": "1772380799.000120",
            "content_md5": base64.b64encode(hashlib.md5(new.content).digest()).decode(),
        }
        assert expected == new.metadata
        assert hashlib.md5(new.content).digest() == new.md5

    async def test_unknown(self, ingest, store):
        """A body that is no JSON is kept byte for byte."""
        receipt = await ingest.store(b"\xff\x00raw", make_request())

        (new,) = store.writes
        assert ("unknown", 0) == (receipt.data_type, receipt.event_count)
        assert new.name.startswith("data_type=unknown/analytics_environment=testing/")
        assert (b"\xff\x00raw", "application/octet-stream") == (new.content, new.content_type)
        assert "0" == new.metadata["event_count"]

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

    async def test_name_taken(self, ingest, store):
        """A random number that is taken is drawn again, once, and the batch is named anew."""
        store.answers = [NameTaken("412"), Acknowledgement.VERIFIED]

        receipt = await ingest.store(b"{}", make_request())

        first, second = store.writes
        assert (NAME, NAME.replace("-77", "-78")) == (first.name, second.name)
        assert receipt.batch_id == hashlib.md5(f"gs://bucket/{second.name}".encode()).hexdigest()
        assert receipt.batch_id == json.loads(second.content)["batchId"]

    async def test_every_name_taken(self, ingest, store):
        """A store that finds every name taken refuses: nothing is stored, and nothing receipted."""
        store.answers = [NameTaken("412")]

        with pytest.raises(NotStored):
            await ingest.store(b"{}", make_request())
        assert 2 == len(store.writes)

    @pytest.mark.parametrize("size", [1000, 500_000], ids=["small", "large"])
    async def test_cost(self, ingest, store, size):
        """A body is admitted by its bytes and its values, and holds what waits for the store."""
        body = b'{"a":"' + b"x" * size + b'"}'
        with pytest.raises(Overloaded):
            await ingest.store(body, make_request(), room=size)
        many = b"[" + b"{}," * 9000 + b'{"a":"' + b"x" * 700_000 + b'"}]'
        with pytest.raises(Overloaded):
            await ingest.store(many, make_request(), room=cost_of(len(many), 9000))

        assert [] == store.writes
        assert await ingest.store(body, make_request(), room=cost_of(len(body), 20))

    async def test_many_events_leave_the_loop_free(self, ingest):
        """A short body of very many events is none of the event loop's work either."""
        threads = []
        make_batch = ingest._make_batch
        ingest._make_batch = lambda *given: (threads.append(get_ident()), make_batch(*given))[1]

        for body in (b"[" + b"1," * 5000 + b"1]", b"{}\n" * 5000, b"{}"):
            await ingest.store(body, make_request())

        assert [False, False, True] == [thread == get_ident() for thread in threads]

    async def test_refused_body(self, ingest, store):
        """Nothing is stored for a body that is refused."""
        with pytest.raises(EmptyBatch):
            await ingest.store(b"[]", make_request())

        assert [] == store.writes

    @pytest.mark.parametrize("failure", [NotStored("no"), UnknownOutcome("?")])
    async def test_failed_write(self, ingest, store, failure):
        """A write that is not acknowledged gives no receipt."""
        store.answers = [failure]

        with pytest.raises(type(failure)):
            await ingest.store(b"{}", make_request())

    async def test_corrupt_write(self, ingest, store, capsys):
        """An acknowledgement of other bytes than were sent is an alarm, not a receipt."""
        store.answers = [Acknowledgement.CORRUPT]

        with pytest.raises(NotStored):
            await ingest.store(b"{}", make_request())

        assert '"event":"write_corrupt"' in capsys.readouterr().out

    async def test_unverified_write(self, ingest, store, capsys):
        """An acknowledgement that cannot be compared is trusted, and logged."""
        store.answers = [Acknowledgement.UNVERIFIED]

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
    async def test_log(self, ingest, store, capsys, body, category, expected):
        """Each batch is logged; one that can never reach BigQuery is an alarm."""
        await ingest.store(body, make_request(category=category))

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert expected == [line["event"] for line in lines]
        assert "2026-03-01" == lines[0]["event_ds"]
        assert len(store.writes[0].content) == lines[0]["bytes"]


class TestIdempotency:
    async def ids(self, ingest, store, body=b'{"a":1}', **overrides):
        """Return the event ids that a request gives."""
        overrides.setdefault("idempotency_key", "k" * 16)
        await ingest.store(body, make_request(**overrides))
        return [json.loads(line)["eventId"] for line in store.writes[-1].content.splitlines()]

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

    async def test_name(self, ingest, store):
        """With a key the object is named by the identity, which its metadata tells."""
        (event_id,) = await self.ids(ingest, store)

        new = store.writes[-1]
        identity = event_id.removesuffix("/0")
        assert str(int(identity, 16) >> 65) == new.name.rpartition("-")[2]
        assert identity == new.metadata["request_id"]

    @pytest.mark.parametrize("refusal", [NameTaken("412"), NotStored("403")])
    async def test_repeated(self, ingest, store, capsys, refusal):
        """A retry that finds its object there has the same receipt, and is logged as a repeat."""
        first = await ingest.store(b'{"a":1}', make_request(idempotency_key="k" * 16))
        capsys.readouterr()
        store.held = {store.writes[0].name}
        store.answers = [refusal]
        request = make_request(
            idempotency_key="k" * 16, received=datetime(2026, 3, 2, tzinfo=UTC), named=RECEIVED
        )

        assert first == await ingest.store(b'{"a":1}', request)

        (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert "batch_repeated" == line["event"]
        assert (first.batch_id, 1) == (line["batch_id"], line["event_count"])

    async def test_refused_without_a_key(self, ingest, store):
        """A write that is refused for another reason is not tried under another name."""
        store.answers = [NotStored("403")]

        with pytest.raises(NotStored):
            await ingest.store(b"{}", make_request())
        assert 1 == len(store.writes)

    @pytest.mark.parametrize("refusal", [NameTaken("412"), NotStored("403")])
    async def test_taken_without_proof(self, ingest, store, refusal):
        """A name that is taken, with nothing there, is no success."""
        store.answers = [refusal]

        with pytest.raises(NotStored):
            await ingest.store(b"{}", make_request(idempotency_key="k" * 16))
        assert 1 == len(store.writes)

    @pytest.mark.parametrize("body", [b'[{"a":1},{"b":2}]', b"no JSON"])
    @pytest.mark.parametrize("sent", [(RECEIVED, None), (None, RECEIVED), (RECEIVED, EARLY)])
    async def test_sent_another_time(self, ingest, store, sent, body):
        """When a request was sent is no part of what it is, nor of what it is told of a repeat."""
        first, retry = (make_request(idempotency_key="k" * 16, sent=each) for each in sent)
        receipt = await ingest.store(body, first)
        store.held = {store.writes[0].name}
        store.answers = [NameTaken("412")]

        assert receipt == await ingest.store(body, retry)
        stored, repeated = store.writes
        assert stored.name == repeated.name
        assert len(stored.content) in {len(repeated.content), repeated.repeat_size}

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
