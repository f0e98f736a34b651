"""What is sent, what is sent again, and what becomes of each answer."""

import re
import time

import pytest
from scripted_server import Scripted, refusal

RETRIED = [
    *(refusal(status) for status in (408, 429, 500, 502, 503, 504)),
    refusal(503, "not_stored"),
    Scripted(0),
    Scripted(200, missing=5),
    Scripted(200, b'{"event_count": 7}'),
    Scripted(200, b"<html>sign in</html>"),
    Scripted(302, b"", {"Location": "https://example.com/"}),
]
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def tracked(client, count, first=0, **fields):
    """Track numbered events, and wait until they are kept."""
    for n in range(first, first + count):
        client.track("t", n=n, **fields)
    assert client.keep()


def test_an_event(client, pipeline):
    """An event arrives with its session, its place there, its time, and the caller's fields."""
    one = client(clock=lambda: 1_770_000_000.1234)
    one.track("level_up", {"playerId": "ann"}, level=7)

    assert one.flush(60) == 0
    assert pipeline.stored() == [
        {
            "sessionId": one.session,
            "eventIndex": 0,
            "eventId": f"{one.session}.0",
            "eventType": "level_up",
            "eventTimestamp": "2026-02-02T02:40:00.123Z",
            "playerId": "ann",
            "level": 7,
        }
    ]


def test_a_request(client, pipeline):
    """A batch has a UUIDv7 as its key, and says where it belongs and what the clock is."""
    one = client(category="cold", environment="testing", clock=lambda: 1_770_000_000)
    tracked(one, 3)
    one.flush(60)

    (attempt,) = pipeline.attempts
    assert re.fullmatch(UUID7, attempt.key)
    assert attempt.parameters == {
        "key": "a-secret-key",
        "event_category": "cold",
        "analytics_environment": "testing",
        "sent_at": "2026-02-02T02:40:00.000Z",
    }


@pytest.mark.parametrize("answer", RETRIED, ids=lambda each: f"{each.status}-{each.missing}")
def test_sent_again(client, pipeline, answer):
    """What may not be stored is sent again, the same under the same key; `sent_at` alone is new."""
    ticks = iter(range(1_770_000_000, 1_780_000_000))
    pipeline.script.extend([answer, answer])
    one = client(clock=lambda: next(ticks))
    tracked(one, 30, pad="x" * 100)

    assert one.flush(60) == 0
    times = [each.parameters.pop("sent_at") for each in pipeline.attempts]
    first, *others = [(each.key, each.body, each.parameters) for each in pipeline.attempts]
    assert [first, first] == others
    assert times == sorted(set(times))
    assert pipeline.numbers() == list(range(30))


def test_split(client, pipeline):
    """A batch that is too large becomes its halves, under keys of their own, down to one event."""
    pipeline.script.extend([refusal(413, "body_too_large")] * 3)
    one = client()
    tracked(one, 4)

    assert one.flush(60) == 0
    assert [len(each.events) for each in pipeline.attempts] == [4, 2, 2, 1, 1, 1, 1]
    assert len({each.key for each in pipeline.attempts}) == 7
    assert pipeline.numbers() == [0, 1, 2, 3]


def test_single_event_too_large(client, pipeline, reports):
    """One event that is too large is parked, and the others go on."""
    pipeline.script.extend([refusal(413, "body_too_large"), refusal(413, "body_too_large")])
    one = client()
    tracked(one, 2)

    assert one.flush(60) == 0
    assert pipeline.numbers() == [1]
    assert [(each.status, each.reason) for each in one.parked()] == [(413, "body_too_large")]
    assert [each.what for each in reports] == ["parked"]


def test_parked(client, pipeline):
    """A batch that is refused for what it is waits for a person, who may send it again."""
    pipeline.script.append(refusal(400, "invalid_body"))
    one = client()
    tracked(one, 2)
    assert one.flush(60) == 0
    tracked(one, 1, first=2)
    assert one.flush(60) == 0

    (parked,) = one.parked()
    assert (parked.key, parked.reason) == (pipeline.attempts[0].key, "invalid_body")
    assert [b'"n":0' in each for each in parked.events] == [True, False]
    assert pipeline.numbers() == [2]
    assert one.retry_parked() == 1
    assert one.flush(60) == 0
    assert pipeline.numbers() == [0, 1, 2]
    assert (one.parked(), pipeline.attempts[2].key) == ([], pipeline.attempts[0].key)


@pytest.mark.parametrize("answer", [refusal(each) for each in (400, 401, 403, 404)])
def test_halted(client, pipeline, reports, answer):
    """While the key is refused everything waits, and is said; a flush asks again, and goes on."""
    pipeline.script.append(answer)
    one = client(flush_events=1)
    tracked(one, 1)
    pipeline.wait_for(lambda: pipeline.attempts)
    tracked(one, 3, first=1)
    while not one.status().halted:
        time.sleep(0.001)

    assert (one.status().waiting, one.status().parked) == (4, 0)
    assert len(pipeline.attempts) == 1
    assert one.flush(60) == 0
    assert (one.status().halted, pipeline.numbers()) == (False, [0, 1, 2, 3])
    assert [each.what for each in reports] == ["halted"]


@pytest.mark.parametrize("status", [429, 503])
def test_asked_to_wait(client, pipeline, status):
    """Not even a flush comes back before the time that the server said."""
    pipeline.script.append(refusal(status, Retry_After="3000"))
    one = client(flush_events=1)
    tracked(one, 1)
    pipeline.wait_for(lambda: pipeline.attempts)

    assert one.flush(0.3) == 1
    one.close(0)
    again = client()
    assert again.flush(0.3) == 1
    assert len(pipeline.attempts) == 1


def test_one_that_always_fails(client, pipeline):
    """A batch at which the server always fails does not keep the others back."""
    pipeline.answer = lambda events: Scripted(500 if events[0]["n"] == 0 else 200)
    one = client(flush_events=1, retry_cap=0.01)
    tracked(one, 1)
    pipeline.wait_for(lambda: pipeline.attempts)
    tracked(one, 1, first=1)

    pipeline.wait_for(lambda: pipeline.numbers() == [1])


def test_kept_alive(client, pipeline):
    """A connection that the server closed meanwhile costs no attempt, and no pause."""
    one = client(retry_base=1_000_000, retry_cap=1_000_000)
    pipeline.script.append(Scripted(hangs_up=True))
    for n in range(3):
        tracked(one, 1, first=n)
        assert one.flush(60) == 0

    assert [len(each.events) for each in pipeline.attempts] == [1, 1, 1]


def test_no_key_in_what_is_told(client, pipeline, reports, tmp_path):
    """The API key is in no report, and nowhere in the outbox."""
    pipeline.script.extend([refusal(403), refusal(400, "invalid_body"), Scripted(0)])
    one = client(flush_events=1)
    tracked(one, 1)
    pipeline.wait_for(lambda: pipeline.attempts)
    assert one.flush(60) == 0
    tracked(one, 1)
    assert one.flush(60) == 0
    one.close(0)

    files = [path.read_bytes() for path in (tmp_path / "outbox").iterdir()]
    assert len(files) > 1
    assert not any(b"a-secret-key" in each for each in files)
    assert "a-secret-key" not in repr((reports, one))
    assert [each.what for each in reports] == ["halted", "parked"]
