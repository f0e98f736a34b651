"""envelope: each event gets the fields that the server adds."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline import json_text
from analytics_pipeline.ingest import envelope
from analytics_pipeline.ingest.envelope import Envelope, stamp_events
from analytics_pipeline.ingest.events import BodyLimits, Event, split_body
from analytics_pipeline.ingest.refusals import BodyTooLarge, TooDeep, TooManyEvents

LIMITS = BodyLimits(max_json_values=1000, max_events=10, max_stored_bytes=100_000)
ENVELOPE = Envelope(
    received_timestamp="1790000000.000120",
    batch_id="b" * 32,
    event_id_prefix="e" * 32,
    analytics_environment="testing",
)
STAMP = {
    "receivedTimestamp": 1790000000.00012,
    "batchId": "b" * 32,
    "eventId": "e" * 32 + "/0",
    "analyticsEnvironment": "testing",
    "eventAttributes": "{}",
}


def event(text, wraps=None):
    """Return the event of a JSON object."""
    return Event(json_text.split_object(text), wraps)


def events(count):
    """Return that many equal events."""
    return [event(b'{"a":1}') for _ in range(count)]


def stamp(*texts):
    """Return the stamped lines, parsed."""
    content = stamp_events(map(event, texts), ENVELOPE, LIMITS.max_stored_bytes)
    return [json.loads(line) for line in content.splitlines()]


class TestStampEvents:
    def test_envelope_is_last(self):
        """Each line ends with the envelope, in a fixed order."""
        content = stamp_events([event(b'{"z":1}')], ENVELOPE, 1000)

        expected = (
            b'{"z":1,"receivedTimestamp":1790000000.000120,"batchId":"%b","eventId":"%b/0",'
            b'"analyticsEnvironment":"testing","eventAttributes":"{}"}\n' % (b"b" * 32, b"e" * 32)
        )
        assert expected == content

    def test_index(self):
        """The id of an event ends with its position in the batch."""
        lines = stamp(b"{}", b"{}", b"{}")

        assert ["e" * 32 + f"/{i}" for i in range(3)] == [line["eventId"] for line in lines]

    @pytest.mark.parametrize(
        "name",
        [
            "receivedTimestamp",
            "received_timestamp",
            "sentTimestamp",
            "SENT_timestamp",
            "BATCHID",
            "Batch_Id",
            "eventid",
            "event_ID",
            "AnalyticsEnvironment",
            "ANALYTICS_ENVIRONMENT",
            "envelopeWraps",
            "Envelope_WRAPS",
        ],
    )
    def test_forged_envelope(self, name):
        """No spelling of a reserved name survives, BigQuery ignores case."""
        assert [STAMP] == stamp(json.dumps({name: "forged"}).encode())

    @pytest.mark.parametrize(
        ("members", "event_id"),
        [
            ({"eventId": "own-id.1"}, "own-id.1"),
            ({"eventId": "A:b_c.d-9" * 14}, "A:b_c.d-9" * 14),
            ({"eventId": "own-id.1", "messageId": "other-id"}, "own-id.1"),
            ({"messageId": "other-id"}, "other-id"),
            ({"eventId": "short", "messageId": "other-id"}, "other-id"),
            ({"eventId": 12345678, "messageId": "other-id"}, "other-id"),
            ({"eventId": "own-id.1", "z": 1, "BATCHID": 1}, "own-id.1"),
        ],
    )
    def test_own_id(self, members, event_id):
        """The id that a client gives an event is the event's; `messageId` stays a field, too."""
        kept = {name: members[name] for name in ("messageId", "z") if name in members}

        assert [kept | STAMP | {"eventId": event_id}] == stamp(json.dumps(members).encode())

    @pytest.mark.parametrize(
        "own",
        [
            *("1234567", "x" * 129, "no space", "ungültig", "e" * 32 + "/0", "a\n23456789", ""),
            *("\ud800-lone-surrogate", None, 1234567890, True, ["own-id.1"], {"a": "own-id.1"}),
        ],
    )
    @pytest.mark.parametrize("name", ["eventId", "messageId"])
    def test_what_is_no_id(self, name, own):
        """Any other value identifies nothing: the event has the id of its place in the batch."""
        (stored,) = stamp(json.dumps({name: own}).encode())

        assert STAMP["eventId"] == stored["eventId"]

    def test_sent(self):
        """What the client's clock was is kept with each event, in text of one length."""
        sent = msgspec.structs.replace(ENVELOPE, sent_timestamp="2026-03-01T15:59:59.000000Z")
        content = stamp_events(events(2), sent, 1000)

        expected = {"a": 1} | STAMP | {"sentTimestamp": "2026-03-01T15:59:59.000000Z"}
        assert expected == json.loads(content.splitlines()[0])
        assert len(content) == len(stamp_events(events(2), ENVELOPE, 1000)) + 2 * 46

    def test_names_that_are_remembered(self, monkeypatch):
        """Names that are long, or too many, take no memory, and are kept as they are."""
        usual = {"eventAttributes"}
        monkeypatch.setattr(envelope, "_usual_names", usual)
        monkeypatch.setattr(envelope, "_MOST_USUAL", 2)
        for name in ("n" * 65, "a", "b"):
            (stored,) = stamp(json.dumps({name: 1}).encode())
            assert {name: 1} | STAMP == stored

        assert {"eventAttributes", "a"} == usual

    def test_mark(self):
        """What wraps something that was no object says so, last; no client can."""
        wrapped = stamp_events([event(b'{"_value":1}', "value")], ENVELOPE, 1000)
        forged = stamp_events([event(b'{"_value":1,"envelopewraps":"line"}')], ENVELOPE, 1000)

        assert wrapped.endswith(b'"eventAttributes":"{}","envelopeWraps":"value"}\n')
        assert wrapped == forged[:-2] + b',"envelopeWraps":"value"}\n'

    def test_size(self):
        """What would be stored may be as long as the limit, and no longer."""
        content = stamp_events(events(3), ENVELOPE, 10_000)

        assert content == stamp_events(events(3), ENVELOPE, len(content))
        with pytest.raises(BodyTooLarge):
            stamp_events(events(3), ENVELOPE, len(content) - 1)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (b'{"a": [1.10]}', '{"a": [1.10]}'),
            (b"[1, 2]", "[1, 2]"),
            (b"null", "{}"),
            (b'"text"', "text"),
            (b'""', ""),
            (b"1.10", "1.10"),
            (b"true", "true"),
            (b'{"\\u00e9":"\xc3\xa9"}', '{"\\u00e9":"é"}'),
        ],
    )
    def test_attributes(self, value, expected):
        """The attributes become a string of their own text."""
        (line,) = stamp(b'{"eventAttributes":' + value + b"}")

        assert {**STAMP, "eventAttributes": expected} == line

    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (b'{"event_attributes":"s"}', "s"),
            (b'{"event_attributes":"s","eventAttributes":"c"}', "c"),
            (b'{"EVENTATTRIBUTES":"u","event_attributes":"s"}', "s"),
            (b'{"event_attributes":"s","EVENTATTRIBUTES":"u"}', "s"),
            (b'{"EventAttributes":"p","EVENT_attributes":"last"}', "last"),
        ],
    )
    def test_spellings_of_attributes(self, event, expected):
        """The camelCase spelling counts first, then snake_case, then the last other one."""
        assert [{**STAMP, "eventAttributes": expected}] == stamp(event)

    @pytest.mark.parametrize(
        "token", [b"1.10", b"1E400", b"9" * 40, b"-0.0", b'"\\ud800"', b"1e-7"]
    )
    def test_tokens(self, token):
        """Numbers and strings are stored byte for byte."""
        assert b'{"x":' + token + b"," in stamp_events(
            [event(b'{"x": ' + token + b"}")], ENVELOPE, 1000
        )

    @given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), min_size=1, max_size=10))
    def test_round_trip(self, events):
        """Every field of every event comes back, but for the reserved names."""
        reserved = {name.lower() for name in STAMP} | {
            *("received_timestamp", "batch_id", "event_id", "analytics_environment"),
            *("event_attributes", "envelopewraps", "envelope_wraps"),
        }
        body = json.dumps(events).encode()

        lines = stamp_events(split_body(body, LIMITS), ENVELOPE, 100_000).splitlines()

        kept = [{n: v for n, v in e.items() if n.lower() not in reserved} for e in events]
        stored = [{n: v for n, v in json.loads(line).items() if n not in STAMP} for line in lines]
        assert kept == stored

    @given(st.binary(max_size=60))
    def test_every_stored_line_is_an_object(self, body):
        """Whatever is sent, each stored line is one JSON object on one line."""
        try:
            events = split_body(b'{"a":1}\n' + body, LIMITS)
            content = stamp_events(events or [], ENVELOPE, 100_000)
        except (TooManyEvents, TooDeep):
            return

        lines = content.split(b"\n")

        assert b"" == lines.pop()
        assert all(isinstance(json.loads(line), dict) for line in lines)
