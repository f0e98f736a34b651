"""receipts: which accepted objects were not loaded, by the local warehouse's own SQL."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from local_warehouse import create_pipeline_tables, make_row, running_warehouse

from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import batch_id_of
from analytics_pipeline.reconcile.ports import Unloaded
from analytics_pipeline.reconcile.receipts import Receipts
from analytics_pipeline.schemas import SCHEMAS
from analytics_pipeline.stored_objects import Selection

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = Selection(NOON - timedelta(days=1), NOON)


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


class Lines:
    """Log lines and rows in tables of their own."""

    def __init__(self, local):
        self._local = local
        self._dataset = create_pipeline_tables(local)
        self._ids = itertools.count()
        self.receipts = Receipts(Warehouse(local.client, self._dataset))

    def add(self, event, uri, *, hours_ago=1.0, **fields):
        """Insert a line as Cloud Logging does."""
        moment = NOON - timedelta(hours=hours_ago)
        line = {
            "timestamp": moment.isoformat(),
            "insertId": str(next(self._ids)),
            "jsonPayload": {"event": event, "object": uri, **fields},
        }
        self.insert("run_googleapis_com_stdout", line)

    def accept(self, leaf="1", *, hours_ago=1.0, kind="json", category="function", **fields):
        """Let an object of four events be accepted, so long ago; returns its URI."""
        uri = (
            f"gs://bucket/data_type={kind}/analytics_environment=testing"
            f"/event_category={category}/event_ds=2036-01-01/event_time=0-8/s/{leaf}"
        )
        received = (NOON - timedelta(hours=hours_ago)).timestamp()
        fields = {"event_count": 4, "received_timestamp": f"{received:.6f}", **fields}
        self.add("batch_stored", uri, hours_ago=hours_ago, **fields)
        return uri

    def insert(self, table, row):
        """Insert one row."""
        answer = self._local.insert_all(f"{self._dataset}.{table}", {"rows": [{"json": row}]})
        assert (200, None) == (answer[0], answer[1].get("insertErrors"))

    def unloaded(self, selection=DAY):
        """Return the URIs of what has no receipt."""
        return [each.gcs_uri for each in self.receipts.unloaded(selection)]

    def settled(self, *uris):
        """Return which of the objects, received an hour ago, are in the tables."""
        moment = NOON - timedelta(hours=1)
        return self.receipts.settled([Unloaded(uri, 4, moment, moment) for uri in uris])


@pytest.fixture(name="lines")
def _lines(local):
    return Lines(local)


def test_nothing(lines):
    """Before the first line nothing lacks anything."""
    assert [] == lines.unloaded()


def test_what_is_known(lines):
    """An object without a receipt comes with what is needed to count it, and the oldest's age."""
    oldest = lines.accept("old", hours_ago=3)
    uri = lines.accept("new", hours_ago=0.25)

    received = [NOON - timedelta(hours=3), NOON - timedelta(hours=0.25)]
    assert [
        Unloaded(oldest, 4, received[0], received[0]),
        Unloaded(uri, 4, received[1], received[0]),
    ] == list(lines.receipts.unloaded(DAY))


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("object_loaded", {"rows": 4, "dead_letters": 0, "lag_seconds": 0.2}),
        ("object_dead_lettered", {"reason": "md5_mismatch"}),
        ("object_gone", {"generation": "5"}),
    ],
)
def test_receipt(lines, event, fields):
    """What became rows, a letter, or is gone, is settled; fields that nobody asked for are not."""
    uri = lines.accept()
    columns = json.loads((SCHEMAS / "run_googleapis_com_stdout.json").read_text())
    known = {field["name"] for column in columns for field in column.get("fields", ())}
    lines.add(event, uri, hours_ago=0.5, **{k: v for k, v in fields.items() if k in known})

    assert [] == lines.unloaded()


def test_repeated_receipts(lines):
    """Lines that come twice, and retries that were told of the same object, change nothing."""
    uri = lines.accept()
    lines.accept()
    lines.add("batch_repeated", uri, event_count=4, received_timestamp="1795348800.0")

    assert [uri] == lines.unloaded()


def test_retry_of_what_was_loaded_long_ago(lines):
    """A retry that is told of an object of last week does not make it one of today."""
    uri = lines.accept(hours_ago=150)
    lines.add("object_loaded", uri, hours_ago=149)
    lines.add("batch_repeated", uri, event_count=4, received_timestamp="1795348800.0")

    assert [] == lines.unloaded()


def test_time(lines):
    """Only what was received in the time selected is meant."""
    lines.accept("before", hours_ago=25)
    lines.accept("not yet settled", hours_ago=-0.1)

    assert [] == lines.unloaded()


@pytest.mark.parametrize("other", [{"kind": "unknown"}, {"kind": "file"}, {"category": "cold"}])
def test_what_is_not_loaded(lines, other):
    """What belongs nowhere in BigQuery lacks no receipt."""
    lines.accept(**other)

    assert [] == lines.unloaded()


def test_failures_come_last(lines):
    """An object that failed before is in nobody's way."""
    poison = lines.accept("poison", hours_ago=5)
    for _ in range(2):
        lines.add("repair_failed", poison)
    late = lines.accept("late", hours_ago=1)
    early = lines.accept("early", hours_ago=2)

    assert [early, late, poison] == lines.unloaded()


def test_rows(lines):
    """An object is settled by rows and letters of all its lines, or a letter of the whole."""
    full, part, whole, none = (lines.accept(leaf) for leaf in ("full", "part", "whole", "none"))
    for uri, numbers in ((full, (1, 2, 2, 3)), (part, (1, 2, 3))):
        for number in numbers:
            row = make_row(gcs_uri=uri, batch_id=batch_id_of(uri), line=number)
            lines.insert("events_function", row)
    for uri, number in ((full, 4), (part, 3), (whole, 0)):
        letter = {
            "dead_letter_id": f"{uri}/{number}",
            "gcs_uri": uri,
            "batch_id": batch_id_of(uri),
            "line": number,
            "reason": "invalid_line",
            "dead_lettered_date": "2026-11-23",
            "dead_lettered_timestamp": "2026-11-23T12:00:01Z",
        }
        lines.insert("dead_letters", letter)

    assert {full, whole} == lines.settled(full, part, whole, none)
