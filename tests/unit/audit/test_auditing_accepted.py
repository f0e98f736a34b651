"""accepted: log lines in any order and number come back once each, by name."""

from datetime import UTC, datetime, timedelta

import pytest
from audited_objects import BUCKET, DAY, RECEIVED, stored, uri_of

from analytics_commands.audit.accepted import Accepted, AcceptedObjects
from analytics_commands.audit.scope import Scope
from analytics_pipeline.stored_objects import Selection

DAY_BEFORE = Selection(RECEIVED - timedelta(days=1), RECEIVED + timedelta(days=1))


def batch_line(uri, count=3, received="1772366400.123456"):
    """Return what ingest logs of a batch, as far as an audit reads it."""
    return {
        "event": "batch_stored",
        "time": "2026-03-01T12:00:01+00:00",
        "object": uri,
        "event_count": count,
        "received_timestamp": received,
    }


def upload_line(uri, time="2026-03-01T12:00:00.5+00:00"):
    """Return what ingest logs of an upload URL."""
    return {"event": "upload_url_issued", "time": time, "object": uri, "size": None}


@pytest.fixture(name="lines")
def _lines():
    with AcceptedObjects(BUCKET, Scope(DAY_BEFORE, timedelta(), RECEIVED)) as lines:
        yield lines


def test_by_uri(lines):
    """Lines come back in the order of the URIs' UTF-8 bytes."""
    leaves = ["ü", "b", "😀", "a/x", "a", "\uffff", "B"]
    lines.add(batch_line(uri_of(leaf)) for leaf in leaves)

    expected = sorted(map(uri_of, leaves), key=str.encode)
    assert expected == [each.uri for each in lines.batches()]


def test_fields(lines):
    """A batch has its day, its count, and the very time that the object's metadata says."""
    lines.add([batch_line(uri_of(), count=3.0)])

    moment = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
    assert [Accepted(uri_of(), DAY, 3, moment)] == list(lines.batches())
    said = {"received_timestamp": "1772366400.123456"}
    assert moment == stored(metadata=said).received


def test_repeated_lines(lines):
    """A line that is logged twice is one batch."""
    lines.add([batch_line(uri_of()), batch_line(uri_of("p"))])
    lines.add([batch_line(uri_of())])

    assert [uri_of(), uri_of("p")] == [each.uri for each in lines.batches()]


def test_repeated_requests(lines):
    """A repeated request is of the first one's object: one batch, also if only it is logged."""
    for uri, events in (
        (uri_of(), ("batch_stored", "batch_repeated")),
        (uri_of("p"), ("batch_repeated",)),
    ):
        lines.add({**batch_line(uri), "event": event} for event in events * 2)

    assert [(uri_of(), 3), (uri_of("p"), 3)] == [
        (each.uri, each.event_count) for each in lines.batches()
    ]


def test_uploads(lines):
    """Upload URLs are kept apart from batches; their time is that of the line."""
    file = uri_of(data_type="file")
    lines.add([upload_line(file), batch_line(uri_of())])

    (upload,) = lines.uploads()
    assert (file, 0) == (upload.uri, upload.event_count)
    assert datetime(2026, 3, 1, 12, 0, 0, 500000, UTC) == upload.moment
    assert [uri_of()] == [each.uri for each in lines.batches()]


def test_other_buckets(lines):
    """Lines about another bucket, or about no object of the layout, are left out."""
    lines.add([batch_line(uri_of().replace("gs://b/", "gs://c/")), batch_line("gs://b/x")])

    assert [] == list(lines.batches())


@pytest.mark.parametrize(
    ("environment", "category", "leaves"),
    [(None, None, "abc"), ("testing", None, "ab"), (None, "cold", "bc"), ("other", "cold", "c")],
)
def test_selected(environment, category, leaves):
    """Only lines about the selected environment and category are kept."""
    selection = Selection(DAY_BEFORE.since, DAY_BEFORE.until, environment, category)
    uris = [
        uri_of("a"),
        uri_of("b", category="cold"),
        uri_of("c", category="cold", environment="other"),
    ]
    with AcceptedObjects(BUCKET, Scope(selection, timedelta(), RECEIVED)) as lines:
        lines.add(map(batch_line, uris))
        kept = {each.uri[-1] for each in lines.batches()}

    assert set(leaves) == kept
