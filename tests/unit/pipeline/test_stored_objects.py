"""stored_objects: what metadata says, and which objects are meant."""

from datetime import UTC, datetime, timedelta
from hashlib import md5

import pytest
from stored import LAST_DAY, NOW, make_entry, make_stored

from analytics_pipeline.stored_objects import is_believable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        *((text, None) for text in ("9" * 19, "9" * 4400, "-1", "+1", "1.0", "1e3", "1_0")),
        *((text, None) for text in ("", " 1", "1\n", "²", "٣", "x", "NaN")),
    ],
    ids=lambda value: str(value)[:20],
)
def test_numbers(text, expected):
    """A number in the metadata is what it says, if that is one; else it says nothing."""
    stored = make_stored(event_count=text, forgotten_count=text)

    assert (expected, expected or 0) == (stored.event_count, stored.forgotten_count)


def test_batch_of_ours():
    """What `ingest` wrote is known by its URI alone: writing it once again is no other batch."""
    batch_id = md5(make_stored().ref.uri.encode()).hexdigest()
    stored = make_stored(batch_id=batch_id)

    assert (True, batch_id) == (stored.is_own, stored.batch_id)


@pytest.mark.parametrize("said", [None, "", "x", md5(b"gs://bucket/elsewhere").hexdigest()])
def test_batch_of_others(said):
    """Each generation of what others wrote, or copied to another name, is a batch of its own."""
    stored = make_stored(batch_id=said)

    expected = md5(f"{stored.ref.uri}#5".encode()).hexdigest()
    assert (False, expected) == (stored.is_own, stored.batch_id)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AAECAwQFBgcICQoLDA0ODw==", bytes(range(16))),
        *((text, None) for text in (None, "", "AAAA", "größe", "AAECAwQFBgcICQoLDA0ODw", "====")),
        ("000102030405060708090a0b0c0d0e0f", None),
        ("AAECAwQFBgcICQoLDA0ODw==\n", None),
    ],
)
def test_content_md5(text, expected):
    """A digest in the metadata is base64 of 16 bytes; anything else says nothing."""
    assert expected == make_stored(content_md5=text).content_md5


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        *((text, "") for text in ("", "identity", "IDENTITY", " ")),
        *((text, "gzip") for text in ("gzip", "GZIP", "Gzip", " gzip ", "x-gzip", "X-GZIP")),
        *((text, text) for text in ("br", "gzip, gzip", "identity, gzip", "deflate", "gz\u0131p")),
    ],
)
def test_encoding(said, expected):
    """Codings are told apart without regard to case, and what is not known is kept as it is."""
    assert expected == make_stored(encoding=said).encoding


def test_no_event_count():
    """An object of another writer does not say how many events it has, but for an empty one."""
    assert make_stored(event_count=None).event_count is None
    assert 0 == make_stored(event_count=None, size=0).event_count


def test_forgotten():
    """An object that events were taken out of says so, and how many they were."""
    stored = make_stored(rewritten_at="2026-03-01T00:00:00Z", forgotten_count="3")

    assert (True, 3) == (stored.is_rewritten, stored.forgotten_count)
    assert (False, 0) == (make_stored().is_rewritten, make_stored().forgotten_count)


def test_received():
    """The time of receipt is the metadata's, to the microsecond."""
    stored = make_stored(received_timestamp="1772373600.250000")

    assert datetime(2026, 3, 1, 14, 0, 0, 250000, UTC) == stored.received


@pytest.mark.parametrize(
    "text",
    [
        None, "", "noon", "nan", "inf", "-inf", "1e30", "1e400", "1_772_373_600", " 1772373600",
        "1772373600\n", "١٧٧٢٣٧٣٦٠٠", "-1", "0", "9" * 11, "9" * 18, "9" * 4400,
        "1772373600." + "0" * 4400, "2026-03-01T14:00:00Z",
    ],
    ids=lambda text: str(text)[:20],
)  # fmt: skip
def test_received_by_another_writer(text):
    """Without a time that can be read and believed, the object's creation counts."""
    stored = make_stored(received_timestamp=text)

    assert (None, stored.created) == (stored.own_received, stored.received)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(days=1), True),
        (timedelta(days=1, seconds=1), False),
        (timedelta(days=-1800), True),
        (timedelta(days=-1800, seconds=-1), False),
    ],
)
def test_what_is_believed(later, expected):
    """An object may be older or newer than its events, as far as BigQuery takes their day."""
    created = make_stored().created
    received = created + later
    stored = make_stored(received_timestamp=str(received.timestamp()))

    assert (received if expected else created) == stored.received
    assert expected is is_believable(received, created)


def test_selection():
    """The beginning is part of the time selected, the end is not."""
    moments = [LAST_DAY.since, NOW - timedelta(microseconds=1), NOW]

    assert [True, True, False] == [LAST_DAY.includes(moment) for moment in moments]


@pytest.mark.parametrize(
    ("event_count", "entry", "expected"),
    [
        (4, {"loaded": 4}, 0),
        (4, {"loaded": 1, "dead_lettered": 1}, 2),
        (4, {"loaded": 5}, 0),
        (4, {"loaded": 0, "lettered_as_whole": 4}, 0),
        (None, {"loaded": 1}, 0),
    ],
)
def test_missing(event_count, entry, expected):
    """An event with neither a row nor a letter is missing; a letter may stand for all."""
    assert expected == make_entry(make_stored(), **entry).missing_of(event_count)
