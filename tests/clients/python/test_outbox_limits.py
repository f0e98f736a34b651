"""How much is kept, when it is sent, and what becomes of what is too much."""

import pytest
from scripted_server import Scripted, refusal


def many(client, count, first=0, pad=0):
    """Track numbered events, and wait until they are kept or dropped."""
    for n in range(first, first + count):
        client.track("t", n=n, pad="x" * pad)
    assert client.keep()


def told(pipeline):
    """Return how many events the stored ones say were dropped."""
    events = [each for each in pipeline.stored() if each["eventType"] == "client_dropped"]
    assert {each["eventAttributes"]["reason"] for each in events} <= {"outbox_full"}
    return [each["eventAttributes"]["dropped"] for each in events]


def test_full(client, pipeline, reports):
    """What does not fit is dropped and counted; once there is room, an event tells how many."""
    pipeline.answer = lambda _events: Scripted(503)
    one = client(max_bytes=10_000)
    many(one, 30, pad=1000)
    kept, dropped = one.progress().kept, one.progress().dropped
    pipeline.answer = lambda _events: Scripted()

    assert (kept + dropped, one.status().dropped) == (30, dropped)
    assert 0 < kept < 10
    assert [each.what for each in reports] == ["dropped"]
    assert one.flush(60) == 0
    assert told(pipeline) == [dropped]
    assert sorted(each["eventIndex"] for each in pipeline.stored()) == list(range(kept + 1))
    many(one, 1, first=30)
    one.flush(60)
    assert told(pipeline) == [dropped]


def test_dropped_before_a_restart(client, pipeline):
    """The count of what was dropped outlives the process, and is told once, by the next one."""
    one = client(max_bytes=3_000, compress=False, url="http://127.0.0.1:1")
    many(one, 9, pad=1000)
    one.close(0)
    again = client(max_bytes=30_000)
    many(again, 1, first=9)
    again.flush(60)

    assert (told(pipeline), again.status().dropped) == ([7], 7)
    assert again.progress().next_index == 2


def test_smaller_ones_fit(client):
    """What still fits is kept after a larger one was dropped, without a gap in the numbers."""
    one = client(max_bytes=3_000)
    many(one, 1, pad=2_000)
    many(one, 1, pad=2_000)
    many(one, 1)

    assert (one.progress().kept, one.progress().dropped, one.progress().next_index) == (2, 1, 2)


def test_parked_ones_count(client, pipeline):
    """The limit is of all that lies on disk, also of what waits for a person."""
    pipeline.script.append(refusal(400, "invalid_body"))
    one = client(max_bytes=10_000, compress=False)
    many(one, 1, pad=9_000)
    one.flush(60)
    many(one, 1, pad=1_000)

    assert (one.status().parked, one.status().dropped) == (1, 1)


@pytest.mark.parametrize(
    ("options", "count"),
    [({"flush_events": 7}, 7), ({"flush_bytes": 5_000}, 5), ({"flush_seconds": 0.05}, 1)],
)
def test_sent_by_itself(client, pipeline, options, count):
    """A batch goes out when there are enough events, or bytes, or the oldest has waited enough."""
    one = client(**({"flush_seconds": 1_000} | options))
    many(one, count, pad=1000)

    pipeline.wait_for(lambda: pipeline.attempts)
    assert one.flush(60) == 0
    assert len(pipeline.stored()) == count


def test_not_sent_too_soon(client, pipeline):
    """Before any of that, nothing goes out; a flush sends it, and only what was there by then."""
    one = client(flush_seconds=1_000)
    many(one, 3)
    assert one.status().waiting == 3
    one.flush(60)
    many(one, 3, first=3)

    assert one.status().waiting == 3
    assert pipeline.numbers() == [0, 1, 2]


def test_sizes(client, pipeline):
    """A batch has no more events, and no more bytes, than is said."""
    one = client(batch_events=40, batch_bytes=20_000, max_event_bytes=20_000)
    many(one, 100, pad=10)
    many(one, 10, first=100, pad=4_000)
    one.flush(60)

    sizes = [(len(each.events), sum(map(len, map(str, each.events)))) for each in pipeline.attempts]
    assert [count for count, _ in sizes[:2]] == [40, 40]
    assert max(size for _, size in sizes) < 25_000
    assert pipeline.numbers() == list(range(110))


def test_routes(client, pipeline):
    """What was kept for a category goes there, whoever sends it."""
    one = client(category="cold", flush_seconds=1_000)
    many(one, 2)
    two = client(category="function", flush_seconds=1_000)
    many(two, 2, first=2)
    two.flush(60)

    categories = [each.parameters["event_category"] for each in pipeline.attempts]
    assert categories == ["cold", "function"]
    assert [len(each.events) for each in pipeline.attempts] == [2, 2]


def test_pause(client, pipeline):
    """An app that goes to the background sends what it has."""
    one = client(flush_seconds=1_000)
    many(one, 3)
    one.pause()

    pipeline.wait_for(lambda: pipeline.attempts)
    one.resume()
    assert pipeline.numbers() == [0, 1, 2]


def test_after_the_end(client, pipeline):
    """A closed client takes nothing, raises nothing when it is told events, and sends no more."""
    one = client()
    many(one, 2)

    assert one.close(60) == 0
    assert one.track("t") is False
    assert one.close(60) == 0
    with pytest.raises(ValueError, match="closed"):
        one.flush()
    assert pipeline.numbers() == [0, 1]


def test_each_kept(client):
    """With `keep_each`, an event is on disk when `track` returns."""
    one = client(keep_each=True)

    assert one.track("t")
    assert one.progress().kept == 1
