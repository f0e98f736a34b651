"""events: a body is split into events, each gets its envelope."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from analytics_pipeline.ingest.events import BodyLimits, Envelope, split_body, stamp_events
from analytics_pipeline.ingest.refusals import EmptyBatch, TooDeep, TooManyEvents, TooManyValues

LIMITS = BodyLimits(max_json_values=1000, max_events=10)
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


def split(body, limits=LIMITS):
    """Return the texts of the events, or None."""
    events = split_body(body, limits)
    return None if events is None else [bytes(event) for event in events]


def stamp(*events):
    """Return the stamped lines, parsed."""
    content = stamp_events([Raw(event) for event in events], ENVELOPE)
    return [json.loads(line) for line in content.splitlines()]


class TestSplitBody:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"a":1}', [b'{"a":1}']),
            (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}']),
            (b'\xef\xbb\xbf{"a":1}', [b'{"a":1}']),
            (b'[1,"x",null,[2]]', [b'{"_value":%b}' % v for v in (b"1", b'"x"', b"null", b"[2]")]),
            (b"42", [b'{"_value":42}']),
            (b"null", [b'{"_value":null}']),
            (b'{"a":\n1\n}', [b'{"a":\n1\n}']),
        ],
    )
    def test_one_value(self, body, expected):
        """An object is an event, an array one event per element, what is no object is wrapped."""
        assert expected == split(body)

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
            (b'\n \n{"a":1}\r\n\r\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
            (b'{"a":1}\nnope\r\n', [b'{"a":1}', b'{"_raw":"nope"}']),
            (b'{"a":1}\n{"b":\n', [b'{"a":1}', b'{"_raw":"{\\"b\\":"}']),
            (b'{"a":1}\n[2]\n3', [b'{"a":1}', b'{"_value":[2]}', b'{"_value":3}']),
            (b'{"a":1}\r{"b":2}\n{"c":3}', None),
            (b'{"a":1}\n\xe2\x80\xa8\n', [b'{"a":1}', b'{"_raw":"\xe2\x80\xa8"}']),
        ],
        ids=["two", "blank-lines", "text", "cut-line", "values", "lone-cr-is-no-end", "u2028"],
    )
    def test_lines(self, body, expected):
        r"""From an object on the first line on, each line is an event; only \n ends a line."""
        assert expected == split(body)

    @pytest.mark.parametrize(
        "body",
        [b"hello", b'"cut', b"a,b\n1,2", b'{"a":1', b"[1", b'{"a":"\xff"}', b"\xff\xfe", b"NaN"],
    )
    def test_neither(self, body):
        """What is neither JSON nor NDJSON nor UTF-8 is left alone."""
        assert split(body) is None

    @pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"[]", b" [ ] "])
    def test_empty(self, body):
        """A body without an event is refused."""
        with pytest.raises(EmptyBatch):
            split(body)

    @pytest.mark.parametrize("separator", [b",", b"\n"], ids=["array", "lines"])
    def test_number_of_events(self, separator):
        """As many events as the limit pass, one more is refused."""

        def body(count):
            content = separator.join([b"{}"] * count)
            return b"[" + content + b"]" if separator == b"," else content

        assert 10 == len(split(body(10)))
        with pytest.raises(TooManyEvents):
            split(body(11))

    @pytest.mark.parametrize("body", [b"[" + b"0," * 1000 + b"0]", b'{"a":[' + b"[],{}," * 400])
    def test_number_of_values(self, body):
        """More JSON values than the limit are refused before they are built."""
        with pytest.raises(TooManyValues):
            split(body)

    def test_commas_in_other_text(self):
        """Text that is no JSON may hold any number of commas."""
        assert split(b"a,b" * 5000) is None

    @pytest.mark.parametrize(
        ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"]
    )
    def test_depth(self, opening, closing):
        """250 levels pass, 251 are refused, on a line of their own too."""
        limits = BodyLimits(10_000, 10)

        assert split(opening * 250 + b"1" + closing * 250, limits)
        for prefix in (b"", b"{}\n"):
            with pytest.raises(TooDeep):
                split(prefix + opening * 251 + b"1" + closing * 251, limits)


class TestStampEvents:
    def test_envelope_is_last(self):
        """Each line ends with the envelope, in a fixed order."""
        content = stamp_events([Raw(b'{"z":1}')], ENVELOPE)

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
            "BATCHID",
            "Batch_Id",
            "eventid",
            "event_ID",
            "AnalyticsEnvironment",
            "ANALYTICS_ENVIRONMENT",
        ],
    )
    def test_forged_envelope(self, name):
        """No spelling of a reserved name survives, BigQuery ignores case."""
        assert [STAMP] == stamp(json.dumps({name: "forged"}).encode())

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
        assert b'{"x":' + token + b"," in stamp_events([Raw(b'{"x": ' + token + b"}")], ENVELOPE)

    @given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), min_size=1, max_size=10))
    def test_round_trip(self, events):
        """Every field of every event comes back, but for the reserved names."""
        reserved = {name.lower() for name in STAMP} | {
            "received_timestamp",
            "batch_id",
            "event_id",
            "analytics_environment",
            "event_attributes",
        }
        body = json.dumps(events).encode()

        lines = stamp_events(split_body(body, LIMITS), ENVELOPE).splitlines()

        kept = [{n: v for n, v in e.items() if n.lower() not in reserved} for e in events]
        stored = [{n: v for n, v in json.loads(line).items() if n not in STAMP} for line in lines]
        assert kept == stored

    @given(st.binary(max_size=60))
    def test_every_stored_line_is_an_object(self, body):
        """Whatever is sent, each stored line is one JSON object on one line."""
        try:
            events = split_body(b'{"a":1}\n' + body, LIMITS)
        except (TooManyEvents, TooDeep):
            return
        if events is None:
            return

        lines = stamp_events(events, ENVELOPE).split(b"\n")

        assert b"" == lines.pop()
        assert len(events) == len(lines)
        assert all(isinstance(json.loads(line), dict) for line in lines)
