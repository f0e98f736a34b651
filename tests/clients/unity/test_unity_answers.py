"""clients/unity: what each answer of the server does to a batch."""

import json

import pytest
from answering_server import Answer, numbers, refusal

NO_COUNT = Answer(body='{"statusCode": 200}')
WRONG_COUNT = Answer(body='{"statusCode": 200, "event_count": 2}')
NOT_JSON = Answer(body="<html>welcome to the hotel</html>")
REPEATED = [
    *(Answer(status) for status in (408, 429, 500, 502, 503, 504, 599, 302, 204)),
    refusal(503, "not_stored"),
    Answer(hang_up=True),
    Answer(cut=3),
    NO_COUNT,
    WRONG_COUNT,
    NOT_JSON,
    Answer(body="[]"),
]
HALTING = [Answer(401), Answer(403), Answer(404), Answer(400), Answer(405), refusal(403, "x")]
PARKED = [refusal(400, "invalid_body"), refusal(415, "unsupported_media_type")]


def test_answers_that_are_repeated(begin, server):
    """After each of them the same is sent again: key, parameters and body to the byte."""
    client = begin()
    server.script = list(REPEATED)
    client.track(3)

    assert 0 == client.flush()
    assert len(REPEATED) + 1 == len(server.attempts)
    assert 1 == len({(attempt.key, attempt.raw) for attempt in server.attempts})
    for attempt in server.attempts:
        attempt.parameters.pop("sent_at")
    assert [
        {
            "key": ["secret-key"],
            "event_category": ["function"],
            "analytics_environment": ["development"],
        }
    ] * len(server.attempts) == [attempt.parameters for attempt in server.attempts]


@pytest.mark.parametrize(
    "answer", HALTING, ids=lambda answer: f"{answer.status}{answer.body or ''}"
)
def test_answers_that_halt(begin, server, answer):
    """All waits, nothing is parked, and the next flush tries again."""
    client = begin()
    server.script = [answer]
    client.track(3)

    assert 3 == client.flush()
    assert (3, 0, True) == tuple(map(client.ask("status").get, ("waiting", "parked", "halted")))
    assert 0 == client.flush()
    assert False is client.ask("status")["halted"]
    assert "secret-key" not in client.said()


@pytest.mark.parametrize("answer", PARKED, ids=lambda answer: answer.status)
def test_answers_that_park(begin, server, answer):
    """The batch stays on disk with its reason, the next goes on, and it may be tried again."""
    client = begin()
    server.script = [answer]
    client.track(3)
    assert 0 == client.flush()
    client.track(2, first=3)
    assert 0 == client.flush()
    assert [3, 4] == numbers(server.events())
    client.kill()

    client = begin()
    assert 1 == client.ask("status")["parked"]
    client.ask("retry_parked")
    assert 0 == client.flush()
    assert [0, 1, 2, 3, 4] == sorted(numbers(server.events()))
    assert server.attempts[0].key == server.attempts[-1].key


def test_too_large(begin, server):
    """A batch that is too large becomes two with new keys, and one event that is is parked."""
    client = begin()
    server.script = [Answer(413), Answer(413), Answer(413)]
    client.track(4)

    assert 0 == client.flush()
    assert [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]] == [numbers(a.events) for a in server.attempts]
    assert 5 == len({attempt.key for attempt in server.attempts})
    assert 1 == client.ask("status")["parked"]


def test_split_survives_a_kill(begin, server):
    """The halves of a batch are the halves still after a kill, under the same keys."""
    client = begin()
    server.script = [Answer(413)]
    server.usual = Answer(503)
    client.track(5)
    client.tell("flush", timeout=90)
    server.wait(lambda s: len(s.attempts) > 1, "the halves are sent")
    client.kill()
    key = server.attempts[1].key
    server.usual = Answer()

    assert 0 == begin().flush()
    assert [0, 1, 2, 3, 4] == numbers(server.events())
    assert [key] == [attempt.key for attempt in server.stored if 2 == len(attempt.events)]


@pytest.mark.parametrize(
    "asked",
    [
        {"Retry_After": "3600"},
        {"Retry_After": "Mon, 01 Jan 2125 00:00:00 GMT"},
        {
            "Retry_After": "Mon, 03 Jan 2000 01:00:00 GMT",
            "Date": "Mon, 03 Jan 2000 00:00:00 GMT",  # whoever's clock is wrong
        },
    ],
)
def test_retry_after(begin, server, asked):
    """What the server asks for is waited for, even by a flush; other batches wait as well."""
    client = begin()
    server.script = [refusal(503, "overloaded", **asked)]
    client.track(3)

    client.tell("flush", timeout=0.3)
    server.wait(lambda s: s.attempts, "it is sent once")
    assert 3 == client.answer()["left"]
    assert 3 == client.flush(timeout=0.3)
    assert 3 == client.flush(timeout=0.3)
    assert 1 == len(server.attempts)
    assert (3, 0) == client.close(timeout=0)


def test_event(begin, server):
    """An event has its session, index, id and time, and the attempt tells the client's clock."""
    client = begin()
    client.ask("clock", ahead=86400 * 365)
    client.track(2, kind='lev"el\n\u00fc\U0001f600')
    assert 0 == client.flush()

    session = client.opened["session"]
    (attempt,) = server.attempts
    second = attempt.events[1]
    time = second.pop("eventTimestamp")
    assert {
        "eventType": 'lev"el\n\u00fc\U0001f600',
        "sessionId": session,
        "eventIndex": 1,
        "eventId": f"{session}.1",
        "eventAttributes": {"n": 1, "pad": ""},
    } == second
    assert time[:10] == attempt.parameters["sent_at"][0][:10]
    assert (24, "T", ".", "Z") == (len(time), time[10], time[19], time[23])
    assert attempt.key[14] == "7"


def test_body_is_packed(begin, server):
    """Large bodies are compressed, small ones are not."""
    client = begin()
    client.track(1)
    client.flush()
    client.track(1, pad=5000)
    client.flush()

    assert [None, "gzip"] == [a.headers.get("content-encoding") for a in server.attempts]
    assert len(server.attempts[1].raw) < 1000 < len(json.dumps(server.attempts[1].events))
