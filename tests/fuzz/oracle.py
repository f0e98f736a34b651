"""What the documented grammar makes of a body, by Python's own JSON parser."""

import json

# What ingest adds to every event; the client's clock is not in these requests.
STAMPED = ("receivedTimestamp", "batchId", "eventId", "analyticsEnvironment", "eventAttributes")


class Number(str):
    """A number's token: it equals no string."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return type(other) is Number and str.__eq__(self, other)


def tokens(text):
    """Return a JSON value by Python's own parser, every number as its token."""
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=int)


def expected_events(text):
    """Return what the documented grammar makes of a body: events, or None where it has none."""
    try:
        value = tokens(text.decode())
        return value if isinstance(value, list) else [value]
    except ValueError:
        pass
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n") if line.strip(b" \t\r")]
    events = []
    for line in lines:
        try:
            events.append(tokens(line.decode()))
        except ValueError:
            events.append(line)
    return events if events and isinstance(events[0], dict) else None


def without_envelope(event):
    """Return the fields of a stored event that are the client's."""
    return {
        name: value
        for name, value in event.items()
        if name.lower().replace("_", "")
        not in {each.lower() for each in (*STAMPED, "envelopewraps")}
    }


def check_stored(event, stored):
    """Compare what was sent, by Python's parser, with the line stored of it."""
    assert list(STAMPED) == [name for name in stored if name in STAMPED]
    wraps = stored.get("envelopeWraps")
    if isinstance(event, dict):
        assert wraps is None
        assert without_envelope(event) == without_envelope(stored)
    elif isinstance(event, bytes):
        assert "line" == wraps
        assert event.decode("utf-8", "replace") == stored["_raw"]
    else:
        assert ("value", event) == (wraps, stored["_value"])
