"""Events that are expected of the local pipeline: found, or what is there instead."""

import threading
import time

import pytest
import requests
from local_api_client import FUNCTION, Api, level_up
from pipeline_client import unique, uuid7


@pytest.mark.parametrize(
    "where",
    [
        {"level": 3},
        {"extra.level": 3, "player_id": "ann", "playerId": "ann"},
        {"level": {"type": "int"}, "name": {"like": "the *"}},
        {"event_attributes.speed": 1.5, "speed": {"type": "float"}},
        {"deep.er": [1, 2], "deep": {"is": {"er": [1, 2]}}, "nothing": None},
        {"event_index": 7, "session_id": "s", "on": True},
    ],
)
def test_expected_fields(api, where):
    """A field is a column, or an attribute by its path or plain name; its type counts."""
    event = level_up(name="the one", deep={"er": [1, 2]}, eventIndex=7, sessionId="s", on=True)
    api.send({**event, "nothing": None, "eventAttributes": {"speed": 1.5}})

    status, answer = api.ask("/expect", event_type="level_up", where=where)
    assert 200 == status, answer


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"level": 4}, "no level_up with level=4; 1 near: level=3"),
        ({"level": "3"}, 'no level_up with level="3"; 1 near: level=3 (int, not string)'),
        ({"level": True}, "no level_up with level=true; 1 near: level=3 (int, not bool)"),
        ({"lvel": 3}, "no level_up with lvel=3; 1 near: lvel is missing (but there is level)"),
        ({"level": {"type": "string"}}, "level of type string; 1 near: level=3 (int, not string)"),
        ({"player_id": {"like": "b*"}}, 'player_id like "b*"; 1 near: player_id="ann"'),
    ],
)
def test_nearest_field(api, where, told):
    """What is nearest is told with what is different about it, and with its type, if that is."""
    api.send(level_up())

    assert 200 == api.ask("/wait", until={"idle": True})[0]
    status, answer = api.ask("/expect", event_type="level_up", where=where, within=0)
    assert 417 == status
    assert answer["message"].endswith(told), answer["message"]
    assert [list(where)] == [list(each["instead"]) for each in answer["near"]]


def test_nearest_type(api):
    """A type that is misspelt is near, too; each difference is told once, the smallest first."""
    api.send(level_up(level="3"), level_up(level="3"), {**level_up(), "eventType": "levelup"})
    assert 200 == api.ask("/wait", until={"idle": True})[0]

    _, answer = api.ask("/expect", event_type="level_up", where={"level": 3}, within=0)
    near = 'level="3" (string, not int); levelup level=3'
    assert f"no level_up with level=3; 2 near: {near}" == answer["message"]


def test_nothing_near(api):
    """Where nothing is near, it is told what came, was refused, or went elsewhere."""
    other, goal = Api(api.pipeline), unique("goal")
    other.send({"eventType": goal})
    api.pipeline.post(b"[]", analytics_environment=api.environment, **FUNCTION)
    _, answer = api.ask("/expect", event_type=goal, within=0)
    refused = "1 refused, the last: 400 the array holds no event"
    none = f"no event came in {api.environment}"
    told = f"no {goal}; {none}; the last {goal} came in {other.environment}; {refused}"
    assert told == answer["message"]

    api.send({"eventType": "ping"})
    _, answer = api.ask("/expect", event_type=goal, within=0)
    assert f"no {goal}; came: ping 1; {refused}" == answer["message"]


def test_expected_later(api):
    """What is waited for is answered when it comes, not when time is up."""
    answers = []
    asked = {"environment": api.environment, "event_type": "late", "within": 60}
    url = api.pipeline.url("/_local/expect")

    def wait():
        answers.append((requests.post(url, json=asked, timeout=120).status_code, time.time()))

    waiting = threading.Thread(target=wait)
    waiting.start()
    sent = api.send({"eventType": "late"})
    api.pipeline.wait_for_rows(1, sent["batch_id"])
    waiting.join(50)

    assert [200] == [status for status, _ in answers]


def test_counts(api):
    """So many are expected, no more; `at_least` leaves room for others."""
    api.send(level_up(), level_up())
    assert 200 == api.ask("/expect", event_type="level_up", count=2, exactly_once=True)[0]

    assert 200 == api.ask("/expect", event_type="level_up", at_least=1)[0]
    assert 200 == api.ask("/expect", event_type="level_down", count=0)[0]
    status, answer = api.ask("/expect", event_type="level_up", count=3, within=0)
    assert (417, "2 of 3 level_up; came: level_up 2") == (status, answer["message"])
    status, answer = api.ask("/expect", event_type="level_up", count=1, within=60)
    assert (417, True) == (status, answer["message"].startswith("2 level_up, not 1; 1 of them"))


def test_retries(api):
    """A batch that is sent again under its key is one; without a key it is told how it is not."""
    for key in [uuid7()] * 2:
        api.pipeline.send(
            [level_up()],
            headers={"Idempotency-Key": key},
            analytics_environment=api.environment,
            **FUNCTION,
        )
    assert 200 == api.ask("/expect", event_type="level_up", exactly_once=True)[0]

    api.send(level_up())
    status, answer = api.ask("/expect", event_type="level_up", exactly_once=True)
    assert 417 == status
    assert "Idempotency-Key" in answer["message"]


def test_own_ids(api):
    """Copies of an event with an id of its own are one, as in the view."""
    api.send(level_up(eventId="an-event-of-mine"))
    api.send(level_up(eventId="an-event-of-mine"))
    assert 200 == api.ask("/wait", until={"idle": True})[0]

    assert 200 == api.ask("/expect", event_type="level_up", exactly_once=True)[0]


def test_hostile(api):
    """What a client sends can neither fill a terminal nor act on it."""
    api.send(level_up(level="\x1b[31m\u202e" + "x" * 10_000), {"eventType": "level_up\x07"})
    api.send(
        {"eventType": "y" * 100_000}, {"eventType": "z", **dict.fromkeys(map(str, range(9999)))}
    )
    assert 200 == api.ask("/wait", until={"idle": True})[0]

    for event_type in ("level_up", "z", "other"):
        where = {"level": 3}
        _, answer = api.ask("/expect", event_type=event_type, where=where, within=0)
        assert answer["message"].isprintable()
        assert len(answer["message"]) < 4000
        _, answer = api.ask("/expect/none", what="unknown_fields")
        assert answer["message"].isprintable()


def test_forgotten(api):
    """Where more came than is remembered, it is said."""
    for _ in range(11):
        api.send(*[{"eventType": "a"}] * 1000)
    assert 200 == api.ask("/wait", until={"idle": True}, within=60)[0]

    asked = {"event_type": "a", "count": 11_000, "within": 0}
    _, answer = api.ask("/expect", **asked)
    assert "10000 of 11000 a" in answer["message"]
    assert answer["message"].endswith("only the last 10,000 events are remembered")
