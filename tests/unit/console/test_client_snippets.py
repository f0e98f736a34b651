"""Lines to paste: what they say, for odd events too. That they run is shown on a pipeline."""

import json
import shlex

import pytest

from analytics_console.asked.client_snippets import snippets
from analytics_console.asked.event_to_send import read_event

URL, KEY = "http://127.0.0.1:8080", "k"


def lines(event, **fields):
    """Return the text of each snippet by its name."""
    sent = read_event({"event": event, **fields}, "s-1")
    return {each.name: each.text for each in snippets(sent, URL, KEY)}


def test_usual_event():
    """Without an event of one's own there is one to send, the first of its session."""
    sent = read_event({}, "s-1")

    assert {"sessionId": "s-1", "eventIndex": 0}.items() <= json.loads(sent.event).items()
    assert ("function", "testing") == (sent.category, sent.environment)
    assert ["curl", "Python", "JavaScript", "C#"] == [
        each.name for each in snippets(sent, URL, KEY)
    ]


@pytest.mark.parametrize(
    "event",
    [
        *("not JSON", "[1]", "7", "{}", '{"eventType": 1}', '{"eventType": "a", "x": 1e999}'),
        *("[" * 100_000, '{"eventType": "a"}\n{"eventType": "b"}', "@it's $HOME `id` \"\\"),
    ],
)
def test_what_no_client_sends(event):
    """Whatever is written, curl sends exactly that, and a shell takes nothing for its own."""
    (curl,) = lines(event, environment="").values()

    program, option, body, url = shlex.split(curl.replace(" \\\n  ", " "))
    assert ("curl", "--data-raw", event) == (program, option, body)
    assert f"{URL}/v1/event?key=k&event_category=function" == url


def test_idempotency_key():
    """A key is a header of the request."""
    curl = shlex.split(lines("{}", idempotency_key="0123456789abcdef")["curl"])

    assert "Idempotency-Key: 0123456789abcdef" == curl[curl.index("--header") + 1]


def test_csharp():
    """C# is told of texts, attributes and objects in them, each as a literal."""
    event = {
        "eventType": 'a"b',
        "sessionId": "s",
        "playerId": "ann\n",
        "eventAttributes": {"level": 7, "boss": True, "at": {"x": 1.5}, "names": ["left out"]},
    }

    text = lines(json.dumps(event))["C#"]
    assert [
        'analytics.Event("a\\"b")',
        '    .Field("playerId", "ann\\n")',
        '    .With("level", 7)',
        '    .With("boss", true)',
        '    .Object("at")',
        '    .With("x", 1.5)',
        "    .End()",
        "    .Track();",
    ] == text.splitlines()[-9:-1]
