"""A session's events by their indexes, and what is odd of them."""

import pytest

from analytics_console.views.game_sessions import time_line


def rows(*indexes):
    """Return events with these indexes, as the query returns them."""
    return [{"event_index": index, "is_out_of_order": False} for index in indexes]


def told(*indexes):
    """Return the time line in short: an index with its marks, a gap as a text."""
    return [
        f"{each['first']}-{each['last']}: {each['missing']}"
        if "missing" in each
        else (each["event_index"], *each["marks"])
        for each in time_line(rows(*indexes))
    ]


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ((), []),
        ((0, 1, 2), [(0,), (1,), (2,)]),
        ((3, 4), [(3,), (4,)]),
        ((0, 2), [(0,), "1-1: 1", (2,)]),
        ((0, 4, 5), [(0,), "1-3: 3", (4,), (5,)]),
        ((0, 1, 1), [(0,), (1,), (1, "doubled")]),
        ((-2, 0), [(-2,), "-1--1: 1", (0,)]),
        ((1, 2, None), [(1,), (2,), (None, "no index")]),
    ],
)
def test_time_line(indexes, expected):
    """Gaps are between their neighbours; what is doubled, or has no index, is marked."""
    assert expected == told(*indexes)


def test_what_came_late():
    """What the query found out of order is marked, and nothing else of it changes."""
    late = {"event_index": 1, "event_type": "late", "is_out_of_order": True}

    assert [{**late, "marks": ["out of order"]}] == list(time_line([late]))


def test_indexes_as_far_apart_as_there_are():
    """The number of what is missing is exact, whatever a client counts."""
    low, high = -(2**63), 2**63 - 1

    assert [(low,), f"{low + 1}-{high - 1}: {2**64 - 2}", (high,)] == told(low, high)
