"""Sessions: their events are numbered from 0 without gaps, also across restarts."""

import pytest


def places(pipeline):
    """Return session and index of the stored events, in the order of tracking."""
    events = sorted(pipeline.stored(), key=lambda each: each["n"])
    return [(each["sessionId"], each["eventIndex"]) for each in events]


def test_new_start(client, pipeline):
    """A new start is a new session."""
    one = client()
    one.track("t", n=0)
    one.close(60)
    two = client()
    two.track("t", n=1)
    two.flush(60)

    assert one is not two
    assert [index for _, index in places(pipeline)] == [0, 0]
    assert len({session for session, _ in places(pipeline)}) == 2


@pytest.mark.parametrize(("away", "indices"), [(0, [0, 1]), (59, [0, 1]), (61, [0, 0])])
@pytest.mark.parametrize("direction", [1, -1])
def test_resumed(client, pipeline, away, indices, direction):
    """A restart within the time goes on with the session, whatever way the clock was set."""
    one = client(session_timeout=60, clock=lambda: 1_770_000_000)
    one.track("t", n=0)
    one.close(60)
    two = client(session_timeout=60, clock=lambda: 1_770_000_000 + direction * away)
    two.track("t", n=1)
    two.flush(60)

    assert indices == [index for _, index in places(pipeline)]
    assert len({session for session, _ in places(pipeline)}) == 2 - indices[1]


def test_one_at_a_time(client):
    """A session that is being used is not resumed by a second client."""
    one = client(session_timeout=60)
    one.track("t")
    one.keep()
    two = client(session_timeout=60)

    assert one.session != two.session


def test_begun(client, pipeline):
    """A session that is begun has the events from then on, and is the one that is resumed."""
    one = client(session_timeout=60)
    one.track("t", n=0)
    first, second = one.session, one.begin_session()
    one.track("t", n=1)
    one.track("t", n=2)
    one.close(60)
    two = client(session_timeout=60)
    two.track("t", n=3)
    two.flush(60)

    assert [(first, 0), (second, 0), (second, 1), (second, 2)] == places(pipeline)


@pytest.mark.parametrize("clock", [0, -1e12, 1e12, 1e300, 4e9])
def test_absurd_clocks(client, pipeline, clock):
    """A clock that is wrong by any time breaks nothing."""
    one = client(clock=lambda: clock)
    one.track("t", n=0)

    assert one.flush(60) == 0
    assert [0] == [index for _, index in places(pipeline)]


def test_clock_jumps(client, pipeline):
    """A clock that jumps while batches wait delays none of them."""
    times = [1_770_000_000.0]
    one = client(clock=lambda: times[0], flush_events=1, retry_cap=0.01)
    for n, jump in enumerate((0, 86_400, -900_000, 1e8)):
        times[0] += jump
        one.track("t", n=n)
        pipeline.wait_for(lambda n=n: len(pipeline.stored()) == n + 1)

    assert [0, 1, 2, 3] == [index for _, index in places(pipeline)]
