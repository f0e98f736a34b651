"""No speed is told of what was not delivered: each way of failing is seen."""

import pytest

from analytics_bench.traffic.delivery_proof import Delivery, times_sent, verify
from analytics_bench.traffic.game_events import SIZES, body_of, make_batches
from analytics_bench.traffic.stored_batches import store_batches

BATCHES = make_batches(4, 3)
LINES = [line for stored in store_batches(4, 3, 0) for line in stored.content.splitlines(True)]


def delivered(lines):
    """Return the verdict over three objects that hold the lines."""
    return verify(times_sent(BATCHES, 3), [b"".join(lines[n::3]) for n in range(3)])


def test_whole():
    """Every event there, once, with an id of its own, is whole, whatever the order."""
    assert Delivery(12) == delivered(LINES)
    assert Delivery(12) == delivered(LINES[::-1])
    assert delivered(LINES).is_whole


FAULTS = {
    "lost": (LINES[1:], Delivery(12, lost=1)),
    "all lost": ([], Delivery(12, lost=12)),
    "doubled": ([*LINES, LINES[3].replace(b"/3", b"/9")], Delivery(12, doubled=1)),
    "doubled with its id": ([*LINES, LINES[3]], Delivery(12, doubled=1, repeated_ids=1)),
    "a value altered": (
        [LINES[0].replace(b'"eventIndex":0', b'"eventIndex":7'), *LINES[1:]],
        Delivery(12, lost=1, altered=1),
    ),
    "a number respelled": (
        [LINES[0].replace(b'"eventIndex":0', b'"eventIndex":0.0'), *LINES[1:]],
        Delivery(12, lost=1, altered=1),
    ),
    "an attribute altered": (
        [LINES[0].replace("龍".encode(), "龙".encode()), *LINES[1:]],
        Delivery(12, lost=1, altered=1),
    ),
    "a field dropped": (
        [LINES[0].replace(b'"eventSource":"client",', b""), *LINES[1:]],
        Delivery(12, lost=1, altered=1),
    ),
    "cut off": ([LINES[0][:99] + b"\n", *LINES[1:]], Delivery(12, lost=1, unreadable=1)),
    "not stamped": ([BATCHES[0][0] + b"\n", *LINES[1:]], Delivery(12, lost=1, unreadable=1)),
    "not UTF-8": ([b'{"a":"\xff"}\n', *LINES], Delivery(12, unreadable=1)),
    "one id twice": (
        [LINES[0].replace(b"/0", b"/1"), *LINES[1:]],
        Delivery(12, repeated_ids=1),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault):
    """What is wrong is counted under its name, and nothing is whole any more."""
    lines, expected = FAULTS[fault]

    assert expected == delivered(lines)
    assert not delivered(lines).is_whole


def test_times_sent():
    """Requests take the batches in turn, so it is known how often each event was sent."""
    sent = times_sent(BATCHES, 7)

    assert [3, 2, 2] == [sent[batch[0]] for batch in BATCHES]
    assert 28 == sum(sent.values())
    assert set(BATCHES[0]) == set(times_sent(BATCHES, 1))


@pytest.mark.parametrize("size", SIZES)
def test_sizes(size):
    """Requests are as large as they are said to be, and no two events are equal."""
    (batch, other) = make_batches(size, 2)
    said = {1: 276, 4: 4_100, 500: 517_000}[size]

    assert said == pytest.approx(len(body_of(batch)), rel=0.05)
    assert 2 * size == len({*batch, *other})
