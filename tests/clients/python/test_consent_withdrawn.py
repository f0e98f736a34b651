"""Consent: without it nothing is kept, and nothing of before goes out once it is withdrawn."""

import threading

import pytest
from scripted_server import Scripted

from analytics_pipeline_client import WithdrawnError

SECRET = "a-word-that-nobody-else-writes"


def content(folder):
    """Return all bytes of the files in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_withdrawn(client, pipeline, tmp_path):
    """All that is kept is deleted, also from the bytes of the files, and nothing is sent."""
    one = client(flush_seconds=1_000, compress=False)
    for n in range(20):
        one.track("t", n=n, secret=SECRET)
    one.keep()
    assert SECRET.encode() in content(tmp_path / "outbox")
    one.consent(granted=False)

    assert SECRET.encode() not in content(tmp_path / "outbox")
    assert one.track("t", n=99) is False
    assert (one.status().waiting, one.flush(60)) == (0, 0)
    with pytest.raises(WithdrawnError):
        one.upload_file(b"x", "text/plain")
    assert (pipeline.attempts, pipeline.tickets) == ([], [])


def test_given_again(client, pipeline):
    """Given again, what comes then is kept, in a session of its own, and sent at once."""
    one = client()
    one.track("t", n=0)
    before = one.session
    one.consent(granted=False)
    one.track("t", n=1)
    one.consent(granted=True)
    one.track("t", n=2)
    one.flush(60)

    assert [(2, 0)] == [(each["n"], each["eventIndex"]) for each in pipeline.stored()]
    assert one.session != before


@pytest.mark.parametrize("consent", [False, "pending"])
def test_not_given(client, pipeline, consent):
    """Before it is given nothing is kept."""
    one = client(consent=consent)
    one.track("t", n=0)
    assert (one.status().waiting, one.flush(60)) == (0, 0)
    one.consent(granted=True)
    one.track("t", n=1)
    one.flush(60)

    assert [1] == pipeline.numbers()


@pytest.mark.parametrize(("consent", "numbers"), [(False, [1]), ("pending", [0, 1])])
def test_kept_before(client, pipeline, consent, numbers):
    """A start without consent deletes what was kept; one that still asks leaves it, unsent."""
    one = client(url="http://127.0.0.1:1")
    one.track("t", n=0)
    one.close(0)
    two = client(consent=consent)
    two.flush(0.2)
    assert pipeline.attempts == []
    two.consent(granted=True)
    two.track("t", n=1)
    two.flush(60)

    assert numbers == pipeline.numbers()


def test_other_process(client, pipeline):
    """A withdrawal holds for all clients of the folder, until they are told otherwise."""
    one, two = client(flush_seconds=1_000), client(flush_seconds=1_000)
    two.track("t", n=0)
    two.keep()
    one.consent(granted=False)
    two.track("t", n=1)
    two.keep()

    assert two.flush(1) == 0
    assert (two.status().waiting, pipeline.attempts) == (0, [])


@pytest.mark.parametrize("turn", range(8))
def test_race(client, pipeline, turn):
    """Whatever is going on, no request comes after the withdrawal, not even with consent again."""
    one = client(flush_events=3, retry_cap=0.01)
    tracking = threading.Event()

    def track():
        while not tracking.is_set():
            one.track("t", n=0)
            one.keep()

    pipeline.answer = lambda _events: Scripted(503 if turn % 2 else 200)
    thread = threading.Thread(target=track)
    thread.start()
    try:
        pipeline.wait_for(lambda: len(pipeline.attempts) > turn)
    finally:
        one.consent(granted=False)
        tracking.set()
        thread.join()
    pipeline.script.clear()
    pipeline.answer = lambda _events: Scripted()
    one.consent(granted=True)
    one.track("after", n=1)
    assert one.flush(60) == 0

    after = [each for each in pipeline.attempts if each.events[0]["eventType"] == "after"]
    assert after == pipeline.attempts[-1:]
    assert after[0].events[0]["eventIndex"] == 0


def test_cut_off(client, pipeline):
    """A request that waits for its answer is cut, and the withdrawal does not wait for it."""
    held = threading.Event()
    pipeline.script.append(Scripted(held=held))
    one = client(flush_events=1, read_timeout=1_000)
    one.track("t", n=0)
    pipeline.wait_for(lambda: pipeline.attempts)
    one.consent(granted=False)
    one.consent(granted=True)
    one.track("t", n=1)

    assert one.flush(60) == 0
    assert [[0], [1]] == [[each["n"] for each in attempt.events] for attempt in pipeline.attempts]
    held.set()
