"""An event as it is kept: exactly what the caller said, or an error that names what is wrong."""

import json
import math

import pytest

from analytics_pipeline_client import EventTooLargeError, WrongEventError
from analytics_pipeline_client.outbox.event_lines import encoded, stamped

MOST = 256_000


def nested(depth):
    """Return arrays in each other."""
    value = []
    for _ in range(depth - 2):
        value = [value]
    return {"x": value}


LOOP = {}
LOOP["x"] = LOOP


@pytest.mark.parametrize(
    "event",
    [
        {"x": None, "y": True, "z": [1.5, -0.0, "", {}]},
        {"x": 10**40, "y": -(10**40), "z": 2**63, "small": 5e-324},
        {"x": 'grüße 𝄞 \u2028 \n \r \x00 \\ "'},
        {"x": "\ud83d", "\udc00": "half \ud83d of a pair, and a whole 𝄞"},
        nested(200),
    ],
)
def test_comes_back(event):
    """Numbers and text are the caller's, in one line of JSON in UTF-8."""
    line = stamped(encoded({"eventType": "t", **event}, MOST), "a-session", 7)

    assert json.loads(line) == {
        "sessionId": "a-session",
        "eventIndex": 7,
        "eventId": "a-session.7",
        "eventType": "t",
        **event,
    }
    assert b"\n" not in line


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"x": math.nan}, "JSON"),
        ({"x": [math.inf]}, "JSON"),
        ({"x": -math.inf}, "JSON"),
        ({"x": b"bytes"}, "JSON"),
        ({"x": {1, 2}}, "JSON"),
        ({(1, 2): "x"}, "JSON"),
        (LOOP, "JSON"),
        (nested(100_000), "JSON"),
        ({"x": 10**5000}, "JSON"),
        (nested(201), "deeper than 200"),
        ({"sessionId": "x"}, "given by the client"),
        ({"eventIndex": 1}, "given by the client"),
        ({"eventId": "x"}, "given by the client"),
    ],
)
def test_refused(event, told):
    """What is not JSON, or not the caller's to say, is an error that says why."""
    with pytest.raises(WrongEventError, match=told):
        encoded(event, MOST)


def test_too_large():
    """The largest event fits, and one byte more is an error that says how much it is."""
    assert len(encoded({"x": "y" * 92}, 100)) == 100
    with pytest.raises(EventTooLargeError, match="101 bytes, and 100"):
        encoded({"x": "y" * 93}, 100)


def test_at_the_time(client, pipeline):
    """What the caller changes afterwards changes no event, and one that is wrong spoils none."""
    one = client()
    attributes = {"level": 1}
    one.track("t", eventAttributes=attributes)
    attributes["level"] = 2
    with pytest.raises(WrongEventError):
        one.track("t", x=math.nan)
    one.track("t", {"eventTimestamp": "2026-01-01T00:00:00Z"}, eventAttributes=attributes)
    one.flush(60)

    assert [each["eventAttributes"]["level"] for each in pipeline.stored()] == [1, 2]
    assert [each["eventIndex"] for each in pipeline.stored()] == [0, 1]
    assert pipeline.stored()[1]["eventTimestamp"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("arguments", [(7,), (None,), ("t", [1]), ("t", "x"), (b"t", {})])
def test_no_event(client, arguments):
    """What is no event at all is an error of the same kind, and the next one is taken."""
    one = client()
    with pytest.raises(WrongEventError, match="mapping of its fields"):
        one.track(*arguments)

    assert one.track("t", {})
