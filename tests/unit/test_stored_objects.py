"""stored_objects: what metadata says, and which objects are meant."""

from datetime import UTC, datetime, timedelta

import pytest
from stored import LAST_DAY, NOW, make_entry, make_stored

from analytics_pipeline.stored_objects import position_of


@pytest.mark.parametrize(("text", "expected"), [("7", 7), ("0", 0), ("-1", None), ("x", None)])
def test_event_count(text, expected):
    """The number of events is what the metadata says, if it is a number."""
    assert expected == make_stored(event_count=text).event_count


def test_no_event_count():
    """An object of another writer does not say how many events it has, but for an empty one."""
    assert make_stored(event_count=None).event_count is None
    assert 0 == make_stored(event_count=None, size=0).event_count


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [(f"{'a1' * 16}/41", "41"), (f"{'A1' * 16}/41", None), ("x/41", None), ("", None)],
)
def test_position(event_id, expected):
    """An id of ours ends with the position; one of another form stands for itself."""
    assert (event_id if expected is None else expected) == position_of(event_id)


def test_forgotten():
    """An object that events were taken out of says so, and how many they were."""
    stored = make_stored(rewritten_at="2026-03-01T00:00:00Z", forgotten_count="3")

    assert (True, 3) == (stored.is_rewritten, stored.forgotten_count)
    assert (False, 0) == (make_stored().is_rewritten, make_stored().forgotten_count)


def test_received():
    """The time of receipt is the metadata's, to the microsecond."""
    stored = make_stored(received_timestamp="1772373600.250000")

    assert datetime(2026, 3, 1, 14, 0, 0, 250000, UTC) == stored.received


@pytest.mark.parametrize("text", [None, "", "noon", "nan", "1e30"])
def test_received_by_another_writer(text):
    """Without a time that can be read, the object's creation counts."""
    stored = make_stored(received_timestamp=text)

    assert stored.created == stored.received


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
        (4, {"loaded": 0, "whole": 4}, 0),
        (None, {"loaded": 1}, 0),
    ],
)
def test_missing(event_count, entry, expected):
    """An event with neither a row nor a letter is missing; a letter may stand for all."""
    assert expected == make_entry(make_stored(), **entry).missing_of(event_count)
