"""stretches: a bucket is cut so that many listings run side by side, and no name is left out."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.reconcile.stretches import days_of, parts_of, whole_of
from analytics_pipeline.stored_objects import Selection

DAYS = [date(2026, 2, 28), date(2026, 3, 1)]
WHOLE = whole_of("production", DAYS)
PARTS = parts_of(WHOLE.label, DAYS)
LABEL = "data_type=json/analytics_environment=production/event_category=function/"


def moment(text):
    """Return the time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-02-28T02:10", "2026-03-01T01:55", ["2026-02-28", "2026-03-01"]),
        ("2026-02-27T23:59", "2026-03-01T00:00", ["2026-02-27", "2026-02-28", "2026-03-01"]),
        ("2026-12-31T01:00", "2026-12-31T02:00", ["2026-12-31"]),
    ],
)
def test_days(since, until, expected):
    """An `event_ds` is looked at where objects received in the time selected may lie."""
    days = days_of(Selection(moment(since), moment(until)))

    assert expected == [day.isoformat() for day in days]


def test_whole():
    """One stretch spans an environment's days, and neither those before nor those after."""
    assert LABEL == WHOLE.label
    inside = [f"{LABEL}event_ds=2026-02-28/event_time=0-8/a", f"{LABEL}event_ds=2026-03-01/~"]
    outside = [f"{LABEL}event_ds=2026-02-27/~", f"{LABEL}event_ds=2026-03-02/event_time=0-8/a"]

    assert [True, True] == [WHOLE.start <= name < WHOLE.end for name in inside]
    assert [False, False] == [WHOLE.start <= name < WHOLE.end for name in outside]


def test_parts_are_gapless():
    """Each part begins where the one before it ends, the first and last where the whole does."""
    assert (WHOLE.start, WHOLE.end) == (PARTS[0].start, PARTS[-1].end)
    assert [] == [(one, next_) for one, next_ in pairwise(PARTS) if one.end != next_.start]
    assert [] == [part for part in PARTS if part.start >= part.end]


def test_labels():
    """Each stretch is told apart from all others, the whole from its parts."""
    assert len(PARTS) + 1 == len({WHOLE.label, *(part.label for part in PARTS)})


@given(
    st.sampled_from(["event_time=0-8", "event_time=16-24", "event_time=8-16", "foreign", ""]),
    st.text(max_size=5),
)
def test_any_name_is_in_one_part(folder, rest):
    """Whatever others call their objects, each is listed by one part."""
    name = f"{LABEL}event_ds=2026-03-01/{folder}/{rest}"

    assert 1 == len([part for part in PARTS if part.start <= name < part.end])


@pytest.mark.parametrize(
    "sessions",
    [
        [f"{number:02x}/x" for number in range(256)],
        [f"session-id-not-available/2026-03-01T{minute // 60:02}" for minute in range(8 * 60)],
    ],
    ids=["random", "none"],
)
def test_parts_are_alike(sessions):
    """No part holds more than a third of the objects of a third of a day."""
    names = [f"{LABEL}event_ds=2026-03-01/event_time=0-8/{session}" for session in sessions]
    counts = [len([name for name in names if part.start <= name < part.end]) for part in PARTS]

    assert max(counts) <= len(names) / 3
