"""clients/unity: kills, torn and damaged files, and several processes at one folder."""

import random

import pytest
from answering_server import Answer, numbers


def segments(folder):
    """Return the files of the first slot that hold events or state."""
    return sorted((folder / "0").glob("*.events"))


def killed_outbox(begin, folder, count=3):
    """Return the file of a client that was killed after so many events were kept."""
    client = begin(folder)
    client.track(count)
    client.kill()
    return segments(folder)[-1]


def test_kept_events_survive(begin, server, tmp_path):
    """What was said to be kept is sent by the next life, in order, as a new session's elder."""
    killed_outbox(begin, tmp_path / "outbox", 7)
    client = begin()
    client.track(2, first=7)

    assert 0 == client.flush()
    assert list(range(9)) == numbers(server.events())
    assert [0, 1, 2, 3, 4, 5, 6, 0, 1] == [event["eventIndex"] for event in server.events()]


@pytest.mark.parametrize("unsent", [0, 2])
def test_session_is_resumed(begin, server, unsent):
    """Within its time a session goes on after a kill, its indices without a gap, sent or not."""
    first = begin(session_timeout=3600)
    first.track(3)
    assert 0 == first.flush()
    if unsent:
        first.track(unsent, first=3)
    first.kill()
    second = begin(session_timeout=3600)
    assert 4 + unsent == second.track(1, first=5)["next"]
    assert 0 == second.flush()

    assert list(range(4 + unsent)) == [event["eventIndex"] for event in server.events()]
    assert 1 == len({event["sessionId"] for event in server.events()})


def test_torn_tail(begin, server, tmp_path):
    """A line cut short at any of its bytes is cut off, and no line before it is lost."""
    folder = tmp_path / "outbox"
    path = killed_outbox(begin, folder)
    whole = path.read_bytes()
    last = whole.rindex(b"\nE ") + 1
    path.unlink()
    expected = []
    for end in range(last, len(whole)):
        path.with_name(f"{end:010}.events").write_bytes(whole[:end])
        expected += [0, 1]
    begin(folder).kill()  # the cut files are written on, and read once more
    client = begin(folder)

    assert len(expected) == client.ask("status")["waiting"]
    assert 0 == client.flush()
    assert sorted(expected) == sorted(
        number for attempt in server.stored for number in numbers(attempt.events)
    )
    assert [] == list(folder.rglob("damaged/*"))


@pytest.mark.parametrize("place", ["head", "payload"])
def test_damage(begin, server, tmp_path, place):
    """A damaged file is set aside and told; the lines in it that are whole are sent."""
    folder = tmp_path / "outbox"
    path = killed_outbox(begin, folder)
    damaged = bytearray(path.read_bytes())
    second = damaged.index(b"\nE ", damaged.index(b"\nE ") + 1) + 1
    damaged[second + (5 if place == "head" else 60)] ^= 1
    path.write_bytes(damaged)
    client = begin(folder)

    assert 0 == client.flush()
    assert [0, 2] == numbers(server.events())
    assert [bytes(damaged)] == [file.read_bytes() for file in (folder / "0/damaged").iterdir()]
    assert "set aside" in client.said()


def test_rubbish(begin, server, tmp_path):
    """A file of rubbish is set aside, and a new outbox begun."""
    folder = tmp_path / "outbox"
    (folder / "0").mkdir(parents=True)
    (folder / "0/0000000001.events").write_bytes(random.Random(1).randbytes(9000))
    client = begin(folder)
    client.track(2)

    assert 0 == client.flush()
    assert [0, 1] == numbers(server.events())
    assert 1 == len(list((folder / "0/damaged").iterdir()))


def test_kill_after_kill(begin, server):
    """Killed at any moment, over and over, nothing kept is lost, and nothing is there twice."""
    chance = random.Random(7)
    kept, first = set(), 0
    for _ in range(8):
        server.script = [Answer(503), Answer(hang_up=True), Answer(cut=4)]
        client = begin(flush_events=3, flush_seconds=0.01)
        for _ in range(chance.randrange(1, 5)):
            client.track(4, first=first)
            kept |= set(range(first, first + 4))
            first += 4
        client.tell("track", type="t", count=30, **{"from": first})
        seen = len(server.attempts)
        server.wait(lambda s, seen=seen: len(s.attempts) > seen, "it sends")
        client.kill()
        first += 30
    last = begin()

    assert 0 == last.flush()
    found = numbers(server.events())
    assert set() == kept - set(found)
    assert len(found) == len(set(found))
    for key in {attempt.key for attempt in server.attempts}:
        assert 1 == len({attempt.raw for attempt in server.attempts if attempt.key == key})


def test_two_processes(begin, server, tmp_path):
    """Two at one folder have sessions of their own; the living takes over what the dead left."""
    server.free.clear()
    one, two = begin(), begin()
    one.track(3)
    two.track(3, first=3)
    assert ["0", "1"] == sorted(path.name for path in (tmp_path / "outbox").iterdir())
    one.kill()
    server.free.set()

    two.tell("flush", timeout=90)
    server.wait(lambda s: len(s.events()) == 6, "all are sent")
    two.answer()
    assert [0, 1, 2, 3, 4, 5] == sorted(numbers(server.events()))
    assert 2 == len({event["sessionId"] for event in server.events()})


def test_no_folder(begin, server, tmp_path):
    """Without a folder that takes files events are kept in memory, sent, and said not to last."""
    (tmp_path / "file").write_text("no folder")
    client = begin(tmp_path / "file/outbox")
    client.track(3)

    assert False is client.opened["durable"]
    assert 0 == client.flush()
    assert [0, 1, 2] == numbers(server.events())


def test_disk_that_fails(begin, server, tmp_path):
    """While its folder is gone events are kept in memory, and sent; what lies there waits."""
    folder = tmp_path / "outbox"
    client = begin()
    client.track(3)
    assert 0 == client.flush()
    (folder / "0").rename(tmp_path / "gone")
    client.track(3, first=3)  # into the file that is open
    assert 0 == client.flush()
    client.track(3, first=6)
    assert False is client.ask("status")["durable"]
    assert 0 == client.flush()
    assert [0, 1, 2, 6, 7, 8] == numbers(server.events())
    client.kill()
    (tmp_path / "gone").rename(folder / "0")

    assert 0 == begin().flush()
    assert [0, 1, 2, 6, 7, 8, 3, 4, 5] == numbers(server.events())
