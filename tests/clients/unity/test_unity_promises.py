"""clients/unity: limits, clocks, pauses, ends and files."""

import base64
import hashlib
import time

import pytest
from answering_server import Answer, numbers, refusal
from csharp_life import kept_lines


def wait_for(holds, what, seconds=90):
    """Wait until something is so; AssertionError with `what` if it never is."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_full_outbox(begin, server):
    """What finds no room is dropped and counted, also over a kill, and told once there is room."""
    client = begin(max_bytes=3000)
    told = client.track(50)
    assert (50, told["kept"]) == (told["kept"] + told["dropped"], told["next"])
    client.kill()
    client = begin(max_bytes=3000)
    assert 0 == client.flush()
    assert 0 == client.flush()

    *events, last = server.events()
    assert list(range(told["kept"])) == numbers(events)
    assert ("client_dropped", told["dropped"]) == (
        last["eventType"],
        last["eventAttributes"]["dropped"],
    )
    assert "outbox_full" == last["eventAttributes"]["reason"]


def test_large_event(begin, server):
    """An event beyond the limit is an error for its caller, and takes no index."""
    client = begin(max_event_bytes=1000)

    assert "at most" in client.track(1, pad=2000)["error"]
    assert 1 == client.track(1)["next"]
    assert 0 == client.flush()
    assert [0] == numbers(server.events())


def test_batches_are_bounded(begin, server):
    """A batch has at most 500 events and 512 KB."""
    client = begin(flush_events=100_000)
    client.track(1100)
    client.track(6, pad=200_000)
    assert 0 == client.flush()

    assert 1106 == len(server.events())
    assert all(len(a.body) <= 512 * 1024 and len(a.events) <= 500 for a in server.attempts)


@pytest.mark.parametrize("options", [{"flush_events": 3}, {"flush_seconds": 0.05}])
def test_sends_by_itself(begin, server, options):
    """It sends when enough events wait, or when they wait long enough."""
    begin(**options).track(3)

    server.wait(lambda s: len(s.events()) == 3, "they are sent")


def test_keeps_by_itself(begin, server, tmp_path):
    """Without being asked it brings what was tracked to the disk, and waits for more to send."""
    client = begin()
    for turn in (1, 2):
        client.ask("track", type="t", count=3, lazy=True)
        wait_for(lambda turn=turn: kept_lines(tmp_path) == 3 * turn, "they are on the disk")

    assert [] == server.attempts


@pytest.mark.parametrize("ahead", [-86400 * 400, 86400 * 400])
def test_clock_jumps(begin, server, ahead):
    """Pauses between attempts, and batches, do not go by the clock that jumps."""
    client = begin(flush_seconds=0.05)
    server.script = [Answer(503)] * 3
    client.track(3)
    client.ask("clock", ahead=ahead)
    client.track(3, first=3)

    server.wait(lambda s: len(s.events()) == 6, "all are sent")
    client.ask("clock", ahead=0)
    client.track(3, first=6)
    assert 0 == client.flush()
    assert list(range(9)) == [event["eventIndex"] for event in server.events()]


def test_session_ends(begin, server):
    """Another session counts from 0."""
    client = begin()
    client.track(2)
    session = client.ask("session")["session"]
    client.track(2, first=2)
    assert 0 == client.flush()

    assert [0, 1, 0, 1] == [event["eventIndex"] for event in server.events()]
    assert session == server.events()[-1]["sessionId"] != client.opened["session"]


def test_pause(begin, server):
    """In the background all is sent at once."""
    client = begin()
    client.track(3)
    client.ask("pause")

    server.wait(lambda s: len(s.events()) == 3, "they are sent")
    assert True is client.ask("resume")["ok"]


def test_end(begin, server):
    """An end sends what it can in its time, keeps the rest, and gives up what hangs."""
    server.free.clear()
    client = begin()
    client.track(3)
    assert (3, 0) == client.close(timeout=0.2)
    server.free.set()
    client = begin()
    client.track(2, first=3)

    assert (0, 0) == client.close()
    assert [0, 1, 2, 3, 4] == numbers(server.events())


def test_upload(begin, server, tmp_path):
    """A file is stored with the headers of its place; each try asks for a new place."""
    (tmp_path / "dump").write_bytes(b"crash")
    server.script = [Answer(503), Answer(), Answer(hang_up=True), Answer(), Answer(412)]
    told = begin().ask("upload", path=str(tmp_path / "dump"), content_type="text/x-dump")

    assert {"ok": True, "object": "gs://bucket/file"} == told
    asked = ["/v1/file", "/v1/file", "/put", "/v1/file", "/put", "/v1/file", "/put"]
    assert asked == [attempt.route for attempt in server.attempts]
    digest = base64.b64encode(hashlib.md5(b"crash").digest()).decode()
    wanted = {"content_type": "text/x-dump", "md5_digest": digest, "size": 5}
    assert wanted == server.attempts[0].events
    put = server.attempts[-1]
    assert (b"crash", digest, "text/x-dump") == (
        put.raw,
        put.headers["content-md5"],
        put.headers["content-type"],
    )


def test_refused_upload(begin, server, tmp_path):
    """An upload that is refused for good is an error that says why."""
    (tmp_path / "dump").write_bytes(b"crash")
    server.script = [refusal(400, "invalid_parameter")]
    told = begin().ask("upload", path=str(tmp_path / "dump"), content_type="text/plain")

    assert "the pipeline refuses the file: 400 invalid_parameter" == told["error"]
