"""clients/unity: consent, given, awaited and withdrawn."""

import pytest
from answering_server import numbers
from csharp_life import kept_lines


def test_withdrawal(begin, server, tmp_path):
    """Withdrawn consent ends what is being sent, deletes all, and nothing starts afterwards."""
    client = begin(flush_events=1, flush_seconds=0.01)
    server.free.clear()
    client.track(40)
    server.wait(lambda s: s.attempts, "the first is being sent")
    client.ask("consent", granted=False)
    started = len(server.attempts)
    server.free.set()
    assert 0 == client.track(3, first=40)["kept"]
    assert 0 == client.flush()
    assert ["lock"] == [path.name for path in (tmp_path / "outbox").rglob("*") if path.is_file()]

    client.ask("consent", granted=True)
    client.track(1, first=99)
    assert 0 == client.flush()
    server.wait(lambda s: 99 in numbers(s.events()), "it sends again")
    assert [0] == [e["eventIndex"] for e in server.events() if 99 == e["eventAttributes"]["n"]]
    assert [99] == [n for a in server.attempts[started:] for n in numbers(a.events)]


def test_withdrawals_in_a_race(begin, server):
    """Whenever it is withdrawn, no attempt that starts later has what was tracked before."""
    client = begin(flush_events=1, flush_seconds=0.001)
    year = 86400 * 366
    for turn in range(20):
        client.track(turn % 4 + 1, first=turn)
        client.ask("consent", granted=False)
        client.ask("clock", ahead=year * (turn + 1))  # tells when an attempt started
        client.ask("consent", granted=True)
        client.track(1, first=turn + 100)
        assert 0 == client.flush()

    for attempt in server.attempts:
        (started,) = attempt.parameters["sent_at"]
        tracked = {event["eventTimestamp"][:4] for event in attempt.events}
        assert {started[:4]} == tracked


def test_withdrawal_for_the_dead(begin, server, tmp_path):
    """What a killed process left is deleted as well."""
    alive, dead = begin(flush_seconds=3600), begin()
    dead.track(3)
    dead.kill()
    alive.ask("consent", granted=False)

    assert 0 == kept_lines(tmp_path)
    assert [] == server.attempts


def test_unfinished_deletion(begin, server, tmp_path):
    """A deletion that a kill interrupted is finished by the next start."""
    client = begin()
    client.track(3)
    client.kill()
    (tmp_path / "outbox/0/withdrawn").touch()
    client = begin()

    assert 0 == client.ask("status")["waiting"]
    assert 0 == client.flush()
    assert [] == server.events()


@pytest.mark.parametrize("consent", [False, "pending"])
def test_no_consent(begin, server, consent):
    """Without consent nothing is kept or sent; refused, what was kept before is deleted."""
    client = begin()
    client.track(3)
    client.kill()
    client = begin(consent=consent)

    assert (0, 0) == tuple(map(client.track(3).get, ("kept", "dropped")))
    client.flush(timeout=1)
    assert [] == server.attempts
    client.ask("consent", granted=True)
    client.flush()
    assert ([0, 1, 2] if consent == "pending" else []) == numbers(server.events())
