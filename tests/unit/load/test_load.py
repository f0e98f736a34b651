"""load: a finalized object becomes rows, what cannot become a row a dead letter."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from functools import partial

import pytest
from fakes import FakeBulk, FakeSink, FakeStore
from stored import NAME, URI

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import contents
from analytics_pipeline.load.failures import ObjectGone, RequestRejected
from analytics_pipeline.load.load import Loader
from analytics_pipeline.load.memory_budget import MemoryBudget
from analytics_pipeline.load.ports import RowRefusal
from analytics_pipeline.object_names import ObjectRef, batch_id_of

BATCH_ID = batch_id_of(URI)
NOW = datetime(2026, 3, 1, 16, tzinfo=UTC)
MD5 = base64.b64encode(bytes(16)).decode()
CREATED = datetime(2026, 3, 1, 15, 59, 59, 500000, UTC)


@pytest.fixture(name="store")
def _store():
    return FakeStore()


@pytest.fixture(name="sink")
def _sink():
    return FakeSink()


@pytest.fixture(name="bulk")
def _bulk():
    return FakeBulk()


def new_loader(store, sink, bulk=None):
    """Return a loader between fakes."""
    return Loader(store, sink, lambda: bulk, MemoryBudget(10**9), lambda: NOW)


@pytest.fixture(name="deliver")
def _deliver(store, sink, bulk):
    """Deliver the event of an object of `ingest` with the content given."""

    def deliver(content, *, metadata=None, name=NAME, **resource):
        store.contents[ObjectRef("bucket", name, "5")] = content
        data = {
            "bucket": "bucket",
            "name": name,
            "generation": "5",
            "size": str(len(content)) if isinstance(content, bytes) else "1",
            "timeCreated": "2026-03-01T15:59:59.5Z",
            "metadata": {"batch_id": BATCH_ID, **(metadata or {})},
            **resource,
        }
        new_loader(store, sink, bulk).handle(data)

    return deliver


def lines(*events):
    """Return the content of an object with these events."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def ids(*indexes):
    """Return the insert ids of rows at these positions."""
    return [f"{BATCH_ID}/{index}" for index in indexes]


def fail(_rows):
    """Be as a service that is down."""
    raise TransientError("down")


def logged(capsys):
    """Return the names of the events that were logged."""
    return [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]


class TestHandle:
    def test_rows(self, deliver, sink, capsys):
        """Every event of the object becomes a row, in one request, and the load is logged."""
        deliver(lines({"eventType": "a"}, {"eventType": "b"}))

        assert [ids(0, 1)] == sink.requests
        assert [] == sink.letters
        (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
        assert ("object_loaded", 2, 0) == (line["event"], line["rows"], line["dead_letters"])
        assert (URI, 0.5) == (line["object"], line["lag_seconds"])

    def test_twice(self, deliver, sink):
        """The same object delivered twice gives the same insert ids."""
        deliver(lines({}))
        deliver(lines({}))

        assert ids(0, 0) == sink.inserted

    @pytest.mark.parametrize(
        "name",
        [
            NAME.replace("category=function", "category=cold"),
            NAME.replace("data_type=json", "data_type=unknown"),
            NAME.replace("data_type=json", "data_type=file"),
            NAME.replace("event_ds=2026-03-01", "event_ds=20260301"),
            NAME.rpartition("/")[0] + "/.keep",
            NAME.rpartition("/")[0] + "/",
            "somewhere/else",
        ],
    )
    def test_other_objects(self, deliver, sink, capsys, name):
        """Objects that are not to be loaded are acknowledged unread, and not logged."""
        deliver(AssertionError("must not be read"), name=name)

        assert [] == sink.requests
        assert [] == logged(capsys)

    def test_rewritten_object(self, deliver, sink):
        """An object that was rewritten after it was loaded is not loaded again."""
        deliver(AssertionError("must not be read"), metadata={"rewritten_at": "2026-03-02"})

        assert [] == sink.requests

    @pytest.mark.parametrize("data", [None, b"bytes", {}, {"bucket": "b", "name": NAME}])
    def test_malformed_event(self, sink, store, capsys, data):
        """An event that describes no object can never succeed: logged and acknowledged."""
        new_loader(store, sink).handle(data)

        assert ["event_malformed"] == logged(capsys)

    def test_gone(self, deliver, sink, capsys):
        """An object that was deleted meanwhile is logged and acknowledged."""
        deliver(ObjectGone("gone"))

        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert ("object_gone", URI, "5") == (line["event"], line["object"], line["generation"])
        assert [] == sink.requests

    def test_transient_read(self, deliver, capsys):
        """A read that may succeed later asks for redelivery."""
        with pytest.raises(TransientError):
            deliver(TransientError("down"))

        line = json.loads(capsys.readouterr().out)
        assert ("load_failed", URI) == (line["event"], line["object"])

    def test_no_room(self, store, sink, capsys):
        """An instance that holds as much as it can asks for redelivery, having read nothing."""
        budget = MemoryBudget(1000, patience_seconds=0.01)
        loader = Loader(store, sink, None, budget, lambda: NOW)
        data = {"bucket": "bucket", "name": NAME, "generation": "5", "size": "100"}

        with budget.hold(1000), pytest.raises(TransientError):
            loader.handle({**data, "timeCreated": "2026-03-01T15:59:59.5Z"})

        assert ["load_failed"] == logged(capsys)

    def test_transient_insert(self, deliver, sink):
        """An insert that may succeed later asks for redelivery."""
        sink.refuse = fail

        with pytest.raises(TransientError):
            deliver(lines({}))

    def test_time_of_receipt(self, deliver, sink):
        """A letter says when its event was received, as the object's metadata has it."""
        deliver(b"no json\n", metadata={"received_timestamp": "1772373600.250000"})
        deliver(b"no json\n")

        expected = [datetime(2026, 3, 1, 14, 0, 0, 250000, UTC), CREATED]
        assert expected == [letter.received_timestamp for letter in sink.letters]

    def test_dead_letter_that_cannot_be_written(self, deliver, sink):
        """A reject whose dead letter is not durable asks for redelivery."""
        sink.refuse_letters = fail

        with pytest.raises(TransientError):
            deliver(b"not json\n")


class TestLines:
    def test_rejects(self, deliver, sink):
        """A line that is no event is dead-lettered, the rest of the batch loads."""
        deliver(b'{"a":1}\nnot json\n[1]\n{"b":2}\n')

        assert ids(0, 3) == sink.inserted
        found = [(letter.dead_letter_id, letter.line, letter.reason) for letter in sink.letters]
        not_json, array = ids(1, 2)
        assert [(not_json, 2, "invalid_line"), (array, 3, "not_an_object")] == found
        assert [1, 1] == [letter.event_count for letter in sink.letters]
        assert ["not json", "[1]"] == [letter.payload for letter in sink.letters]

    def test_blank_lines(self, deliver, sink):
        """Blank lines are no events; positions count physical lines."""
        deliver(b'\n{"a":1}\n \r\n{"b":1}')

        assert ids(1, 3) == sink.inserted
        assert [] == sink.letters

    def test_nothing_but_blank_lines(self, deliver, sink):
        """An object without events needs no request."""
        deliver(b"\n\n")

        assert [] == sink.requests

    def test_long_payload(self, deliver, sink):
        """Of a long line the dead letter keeps the first 64 KiB, and says so."""
        deliver(b"x" * 70_000 + b"\nshort\n")

        assert [65_536, 5] == [len(letter.payload) for letter in sink.letters]
        assert [True, False] == [letter.payload_truncated for letter in sink.letters]

    def test_huge_row(self, deliver, sink):
        """A row that BigQuery cannot take is dead-lettered, its neighbours load."""
        deliver(lines({"a": 1}, {"a": "x" * 5_000_001}, {"a": 2}))

        assert ids(0, 2) == sink.inserted
        assert ["row_too_large"] == [letter.reason for letter in sink.letters]

    def test_large_line(self, deliver, sink):
        """A line that may make too large a row is taken apart alone, and is a row if it fits."""
        deliver(lines({"a": 1}, {"a": "x" * 300_000}, {"a": 2}))

        assert ids(0, 1, 2) == sink.inserted

    def test_many_rows(self, deliver, sink):
        """Requests hold at most 500 rows."""
        deliver(lines(*({"i": i} for i in range(1001))))

        assert [500, 500, 1] == [len(request) for request in sink.requests]
        assert ids(*range(1001)) == sink.inserted

    def test_large_rows(self, deliver, sink):
        """Requests hold at most 4 MB."""
        deliver(lines(*({"a": "x" * 1_500_000} for _ in range(5))))

        assert [2, 2, 1] == [len(request) for request in sink.requests]


class TestInsert:
    def test_refused_rows(self, deliver, sink):
        """A refused row is dead-lettered; rows held back by it are sent again."""
        bad = set(ids(1))

        def refuse(rows):
            if not bad & {row.insert_id for row in rows}:
                return []
            return [
                RowRefusal(index, row.insert_id in bad, "no such date")
                for index, row in enumerate(rows)
            ]

        sink.refuse = refuse
        deliver(lines({}, {}, {}))

        assert ids(0, 2) == sink.inserted
        (letter,) = sink.letters
        assert ("invalid_row", "no such date", 2) == (letter.reason, letter.detail, letter.line)

    def test_held_back_for_no_reason(self, deliver, sink):
        """Rows held back without a refused one are no verdict: redelivery."""
        sink.refuse = lambda _rows: [RowRefusal(0, False, "stopped")]

        with pytest.raises(TransientError):
            deliver(lines({}))

    def test_refused_request(self, deliver, sink, bulk):
        """A request refused as a whole is halved; the row that is to blame has a load job."""
        bad = set(ids(5))

        def refuse(rows):
            if bad & {row.insert_id for row in rows}:
                raise RequestRejected("400 bad request")
            return []

        sink.refuse = refuse
        deliver(lines(*({"i": i} for i in range(8))))

        assert ids(0, 1, 2, 3, 4, 6, 7) == sink.inserted
        assert [[ids(5)[0]]] == [[row["event_id"] for row in job] for job in bulk.jobs.values()]
        assert [] == sink.letters

    def test_row_that_nothing_takes(self, deliver, sink, bulk):
        """A row that neither an insert nor a load job takes is dead-lettered, with the reason."""

        def refuse(_rows):
            raise RequestRejected("too large")

        sink.refuse = refuse
        bulk.failure = RequestRejected("no load job takes it")
        deliver(lines({}))

        (letter,) = sink.letters
        assert ("request_rejected", "no load job takes it") == (letter.reason, letter.detail)

    def test_load_job_that_fails(self, deliver, sink, bulk):
        """A load job that may succeed later asks for redelivery."""

        def refuse(_rows):
            raise RequestRejected("too large")

        sink.refuse = refuse
        bulk.failure = TransientError("down")

        with pytest.raises(TransientError):
            deliver(lines({}))
        assert [] == sink.letters

    def test_redelivered_row(self, deliver, sink, bulk):
        """A row that is loaded by a job has the same job when it is delivered again."""

        def refuse(_rows):
            raise RequestRejected("too large")

        sink.refuse = refuse
        deliver(lines({}, {}))
        deliver(lines({}, {}))

        assert 2 == len(bulk.jobs)


class TestContent:
    def test_checksum(self, deliver, sink):
        """Content that has the recorded MD5 is loaded."""
        content = lines({})
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()

        deliver(content, metadata={"content_md5": digest})

        assert ids(0) == sink.inserted

    @pytest.mark.parametrize(
        ("content", "resource", "reason"),
        [
            (b"{}\n", {"metadata": {"content_md5": MD5, "event_count": "7"}}, "md5_mismatch"),
            (b"\n" * 100_001, {}, "too_many_lines"),
            (b"{}\n", {"contentEncoding": "br"}, "unsupported_encoding"),
            (gzip.compress(b"{}\n", mtime=0)[:-4], {"contentEncoding": "gzip"}, "corrupt_gzip"),
            (b"{}\n", {"size": "64000001"}, "object_too_large"),
            (
                gzip.compress(b" " * 64_000_001, mtime=0),
                {"contentEncoding": "gzip"},
                "object_too_large",
            ),
        ],
        ids=["md5", "lines", "encoding", "gzip", "size", "gzip-bomb"],
    )
    def test_unreadable(self, deliver, sink, capsys, content, resource, reason):
        """An object that no retry can read is one dead letter for all its events."""
        deliver(content, **resource)

        (letter,) = sink.letters
        object_id = hashlib.md5(f"{URI}#5".encode()).hexdigest()
        assert (f"{object_id}/object", 0, reason) == (
            letter.dead_letter_id,
            letter.line,
            letter.reason,
        )
        assert int((resource.get("metadata") or {}).get("event_count", 1)) == letter.event_count
        assert [] == sink.requests
        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert ("object_dead_lettered", reason) == (line["event"], line["reason"])

    @pytest.mark.parametrize(
        "encode", [partial(gzip.compress, mtime=0), bytes], ids=["as-stored", "transcoded"]
    )
    def test_gzip(self, deliver, sink, encode):
        """A gzip object is loaded, whether Cloud Storage decoded it on the way or not."""
        deliver(encode(lines({}, {})), contentEncoding="gzip")

        assert ids(0, 1) == sink.inserted


def test_limits_leave_room_for_the_largest_batch():
    """No batch that ingest accepts is too large an object to load."""
    body, events, envelope = 10_000_000, 10_000, 400
    assert 2 * body + events * envelope < contents.MAX_OBJECT_BYTES
