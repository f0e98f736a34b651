"""rows: a stored line becomes a row; what does not fit its column is kept in `extra`."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from analytics_pipeline.ingest.envelope import Envelope, stamp_events
from analytics_pipeline.ingest.events import BodyLimits, split_body
from analytics_pipeline.load import contents, row_reader
from analytics_pipeline.load.contents import Content, Line
from analytics_pipeline.load.row_reader import make_heavy_row
from analytics_pipeline.load.rows import LineContext, Reject, make_row
from analytics_pipeline.object_names import ObjectRef, batch_id_of, parse_object_name
from analytics_pipeline.stored_objects import StoredObject

NAME = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-03-01"
    "/event_time=8-16/session/2026-03-01T15:59:59Z-77"
)
URI = f"gs://bucket/{NAME}"
BATCH_ID = batch_id_of(URI)
CREATED = datetime(2026, 3, 1, 15, 59, 59, 500000, tzinfo=UTC)
INSERTED = datetime(2026, 3, 1, 16, tzinfo=UTC)
SHARED = {
    "analytics_environment": "testing",
    "event_category": "function",
    "event_ds": "2026-03-01",
    "event_time": "8-16",
    "session_id": "session",
    "inserted_timestamp": "2026-03-01T16:00:00.000000Z",
    "received_timestamp": "2026-03-01T15:59:59.500000Z",
    "received_date": "2026-03-01",
    "batch_id": BATCH_ID,
    "event_id": f"{BATCH_ID}/0",
    "gcs_uri": URI,
    "generation": "5",
    "line": "1",
}
ENVELOPE = Envelope("1772380799.250000", BATCH_ID, BATCH_ID, "testing")
scalars = st.none() | st.booleans() | st.text(max_size=9) | st.integers(-(2**63), 2**63 - 1)
LIMITS = BodyLimits(max_json_values=10_000, max_events=100, max_stored_bytes=1_000_000)


def context_of(name=NAME):
    """Return the context of an object's lines."""
    place = parse_object_name(name)
    own = {"batch_id": batch_id_of(f"gs://bucket/{name}")}
    stored = StoredObject(ObjectRef("bucket", name, "5"), place, CREATED, 1, "", own)
    return LineContext.of(stored, inserted=INSERTED)


def make(line, index=0, context=None):
    """Return the row or reject of a line."""
    return make_row(Line(index + 1, line), context or context_of())


def values_of(event, **arguments):
    """Return the columns of an event, JSON ones parsed."""
    line = event if isinstance(event, bytes) else json.dumps(event).encode()
    row = make(line, **arguments)
    return {
        column: json.loads(bytes(value)) if isinstance(value, Raw) else value
        for column, value in row.values.items()
    }


def columns_of(event):
    """Return the columns that an event adds to those every row has, or changes."""
    return {
        column: value for column, value in values_of(event).items() if SHARED.get(column) != value
    }


def store(body):
    """Return the lines that ingest stores for a body."""
    return stamp_events(split_body(body, LIMITS), ENVELOPE, LIMITS.max_stored_bytes).splitlines()


class TestRow:
    def test_smallest(self):
        """An empty object makes a row of what its object's name and creation time say."""
        assert SHARED == values_of({})

    def test_complete(self):
        """Each field goes into its column, what has none into `extra`."""
        (line,) = store(
            b'{"eventEnvironment":"live","eventSource":"client","eventClass":"session",'
            b'"eventType":"start","sessionId":"own","buildVersion":"1.2","playerId":"p1",'
            b'"eventIndex":7,"eventTimestamp":1772380798,"eventAttributes":{"a":[1]},"score":3}'
        )

        assert {
            **SHARED,
            "received_timestamp": "2026-03-01T15:59:59.250000Z",
            "session_id": "own",
            "event_environment": "live",
            "event_source": "client",
            "event_class": "session",
            "event_type": "start",
            "build_version": "1.2",
            "player_id": "p1",
            "event_index": "7",
            "event_timestamp": "2026-03-01T15:59:58.000000Z",
            "corrected_timestamp": "2026-03-01T15:59:58.000000Z",
            "event_attributes": {"a": [1]},
            "extra": {"score": 3},
        } == values_of(line)

    def test_hello_world(self):
        """The smallest event of all keeps its message in `extra`."""
        (line,) = store(b'{"message":"hello world"}')

        assert {"message": "hello world"} == values_of(line)["extra"]
        assert {} == values_of(line)["event_attributes"]

    def test_ids(self):
        """The insert id and, without another, the event id tell the batch and the position."""
        row = make(b"{}", index=41)

        assert f"{BATCH_ID}/41" == row.insert_id == row.values["event_id"]

    @pytest.mark.parametrize(
        ("sent", "occurred", "corrected"),
        [
            ("2026-03-01T16:59:59.250000Z", "2026-03-01T16:00:00Z", "2026-03-01T15:00:00.000000Z"),
            ("2020-01-01T00:00:00.000000Z", "2019-12-31T23:59:59Z", "2026-03-01T15:59:58.250000Z"),
            ("2026-03-01T15:59:59.250000Z", 1772380799, "2026-03-01T15:59:59.000000Z"),
            ("0001-01-01T00:00:00.000000Z", "9999-12-31", "9999-12-31T00:00:00.000000Z"),
            ("9999-12-31T00:00:00.000000Z", "0001-01-01", "0001-01-01T00:00:00.000000Z"),
            (None, "2019-12-31", "2019-12-31T00:00:00.000000Z"),
            ("2026-03-01T15:59:59.250000Z", None, None),
            ("2026-03-01T15:59:59.250000Z", "noon", None),
        ],
    )
    def test_corrected(self, sent, occurred, corrected):
        """A client's time is moved by what its clock was off when it sent, if that makes sense."""
        envelope = msgspec.structs.replace(ENVELOPE, sent_timestamp=sent)
        events = split_body(json.dumps({"eventTimestamp": occurred}).encode(), LIMITS)
        values = values_of(stamp_events(events, envelope, LIMITS.max_stored_bytes))

        assert corrected == values.get("corrected_timestamp")
        assert "sentTimestamp" not in values.get("extra", {})

    @pytest.mark.parametrize("sent", ["noon", {}, [1], 20260301, True])
    def test_no_clock(self, sent):
        """What other writers say of their clock, and is no time, corrects nothing and is kept."""
        values = columns_of({"eventTimestamp": 0, "sentTimestamp": sent})

        assert values["event_timestamp"] == values["corrected_timestamp"]
        assert {"sentTimestamp": sent} == values["extra"]

    @given(
        st.dictionaries(st.text(max_size=9), scalars | st.lists(scalars, max_size=3), max_size=5)
    )
    def test_nothing_is_lost(self, event):
        """Every field with a value is found again, in a column or in `extra`."""
        found = json.dumps(values_of(event))

        for value in event.values():
            if value is not None:
                assert json.dumps(value).strip('"') in found


class TestFields:
    @pytest.mark.parametrize(
        ("field", "column"),
        [
            ("sessionId", "session_id"),
            ("eventEnvironment", "event_environment"),
            ("eventSource", "event_source"),
            ("eventClass", "event_class"),
            ("eventType", "event_type"),
            ("buildVersion", "build_version"),
            ("playerId", "player_id"),
        ],
    )
    def test_spellings(self, field, column):
        """A field is known in camelCase and in snake_case; camelCase wins, the other is kept."""
        assert {column: "x"} == columns_of({field: "x"}) == columns_of({column: "x"})
        assert {column: "x", "extra": {column: "y"}} == columns_of({column: "y", field: "x"})

    def test_spellings_of_other_types(self):
        """So are integers, times and attributes."""
        event = {"event_index": 1, "event_timestamp": 0, "event_attributes": [1]}
        camel = {"eventIndex": 2, "eventTimestamp": "1970-01-02", "eventAttributes": {}}
        columns = {
            "event_index": "2",
            "event_timestamp": "1970-01-02T00:00:00.000000Z",
            "corrected_timestamp": "1970-01-02T00:00:00.000000Z",
            "event_attributes": {},
        }

        assert {
            "event_index": "1",
            "event_timestamp": "1970-01-01T00:00:00.000000Z",
            "corrected_timestamp": "1970-01-01T00:00:00.000000Z",
            "event_attributes": [1],
        } == columns_of(event)
        assert {**columns, "extra": event} == columns_of(event | camel)

    @pytest.mark.parametrize(
        "name", sorted({*SHARED, "extra", "corrected_timestamp"} - {"session_id"})
    )
    def test_names_of_other_columns(self, name):
        """A client's field that is called like any other column goes to `extra`."""
        assert {"extra": {name: "x"}} == columns_of({name: "x"})

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("eventType", {"a": 1}),
            ("event_type", ["a"]),
            ("sessionId", {}),
            ("eventIndex", 1.5),
            ("eventIndex", "first"),
            ("eventIndex", 2**63),
            ("eventTimestamp", "yesterday"),
            ("eventTimestamp", 20260301),
            ("eventTimestamp", True),
        ],
    )
    def test_unfit(self, field, value):
        """A value that does not fit leaves its column NULL and is kept under the client's name."""
        assert {"extra": {field: value}} == columns_of({field: value})

    @pytest.mark.parametrize("field", ["eventType", "event_index", "eventAttributes", "sessionId"])
    def test_null(self, field):
        """Null is NULL, or the default, and nothing to keep; other fields keep it."""
        assert {} == columns_of({field: None})
        assert {"extra": {"other": None}} == columns_of({"other": None})

    def test_number_as_string(self):
        """A number in a STRING column keeps its digits."""
        assert {"player_id": "1.10"} == columns_of(b'{"playerId":1.10}')

    def test_lone_surrogate(self):
        """Text that no STRING can hold is kept in `extra`, on record."""
        assert {"extra": {"eventType": "\ufffd", "_adjusted": ["extra.eventType"]}} == columns_of(
            b'{"eventType":"\\ud800"}'
        )

    def test_wide_number(self):
        """A number that JSON columns cannot hold is kept as a string, on record."""
        line = b'{"eventIndex":%b,"eventAttributes":"{\\"a\\":1e400}"}' % (b"9" * 40)

        assert {
            "event_attributes": {"a": "1e400"},
            "extra": {
                "eventIndex": "9" * 40,
                "_adjusted": ["event_attributes.a", "extra.eventIndex"],
            },
        } == columns_of(line)

    def test_equal_names(self):
        """Of equal names the last counts."""
        assert {"event_type": "b"} == columns_of(b'{"eventType":"a","eventType":"b"}')


class TestEnvelope:
    def test_stamped(self):
        """Nothing of the envelope is left in `extra`."""
        (line,) = store(b"{}")

        assert {
            "received_timestamp": "2026-03-01T15:59:59.250000Z",
            "event_attributes": {},
        } == columns_of(line)

    def test_event_id(self):
        """An event keeps the id it was given."""
        assert {"event_id": "mine"} == columns_of({"eventId": "mine"})
        assert {"event_id": "x" * 1024} == columns_of({"eventId": "x" * 1024})

    def test_message_id(self):
        """So does the `messageId` of an event without one, which stays a field as well."""
        event = {"messageId": "own-id.1"}

        assert {"event_id": "own-id.1", "extra": event} == columns_of(event)
        assert {"event_id": "mine", "extra": event} == columns_of(event | {"eventId": "mine"})
        assert {"extra": {"messageId": "short"}} == columns_of({"messageId": "short"})

    @pytest.mark.parametrize("value", ["", "x" * 1025, 5, {}, True])
    def test_bad_event_id(self, value):
        """What is no id does not count as one, and is kept."""
        assert {"extra": {"eventId": value}} == columns_of({"eventId": value})

    @pytest.mark.parametrize(
        ("field", "value"),
        [("batchId", "0" * 32), ("batchId", 5), ("analyticsEnvironment", "live")],
    )
    def test_copied_object(self, field, value):
        """What contradicts the object's name is kept, the columns say what the name says."""
        assert {"extra": {field: value}} == columns_of({field: value})

    @pytest.mark.parametrize("days", [-1800, -1, 0, 1])
    def test_received(self, days):
        """The time of receipt counts, and its date in UTC."""
        received = CREATED + timedelta(days=days)

        values = values_of({"receivedTimestamp": received.timestamp()})

        assert f"{received:%Y-%m-%dT%H:%M:%S.%fZ}" == values["received_timestamp"]
        assert f"{received:%Y-%m-%d}" == values["received_date"]
        assert "extra" not in values

    @pytest.mark.parametrize("days", [-1801, 2])
    def test_impossible_receipt(self, days):
        """A time that cannot be, or whose partition is not streamed to, gives way to creation."""
        seconds = int((CREATED + timedelta(days=days)).timestamp())

        assert {"extra": {"receivedTimestamp": seconds}} == columns_of(
            {"receivedTimestamp": seconds}
        )

    @pytest.mark.parametrize("value", ["soon", [], "", False])
    def test_no_receipt(self, value):
        """What is no time gives way to the object's creation."""
        assert {"extra": {"receivedTimestamp": value}} == columns_of({"receivedTimestamp": value})


class TestPlace:
    def test_without_session(self):
        """An object directly under its partition has no session."""
        name = NAME.replace("/session/2026-03-01T15:59:59Z-77", "/foo.json")

        assert "session_id" not in values_of({}, context=context_of(name))

    def test_unusual_environment(self):
        """An object not written by ingest may have any text in its name."""
        context = context_of(NAME.replace("=testing", '=t"ü'))

        values = values_of({"analyticsEnvironment": 't"ü'}, context=context)

        assert 't"ü' == values["analytics_environment"]


class TestReject:
    @pytest.mark.parametrize("line", [b"[1]", b"1", b'"x"', b"null", b'"\\ud800"', b"[]"])
    def test_not_an_object(self, line):
        """JSON that is no object is no event."""
        reject = make(line, index=2)

        assert ("not_an_object", 3, line) == (
            reject.reason,
            reject.line.number,
            reject.line.payload,
        )

    @pytest.mark.parametrize(
        "line",
        [
            b"text", b'{"a":', b"{} {}", b"{'a':1}", b'{"a":NaN}', b'{"a":"\xff"}', b"\xff", b"",
            b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", b"[" * 100_000,
        ],
        ids=lambda line: repr(line[:12]),
    )  # fmt: skip
    def test_invalid_line(self, line):
        """What is not UTF-8, not JSON or nested too deeply is no event."""
        reject = make(line)

        assert ("invalid_line", Line(1, line)) == (reject.reason, reject.line)
        assert reject.detail

    def test_deepest(self):
        """A line nested 500 deep is an event."""
        extra = columns_of(b'{"a":' + b"[" * 499 + b"]" * 499 + b"}")["extra"]

        assert ["extra.a" + "[0]" * 199] == extra["_adjusted"]

    @pytest.mark.parametrize(
        ("mark", "reason"), [("value", "not_an_object"), ("line", "invalid_line")]
    )
    def test_wrapped_by_ingest(self, mark, reason):
        """What ingest stored of a body that held no event is rejected for what it was."""
        reject = make(
            b'{"_raw":"x","receivedTimestamp":1772380799,"envelopeWraps":"%b"}' % mark.encode()
        )

        assert reason == reject.reason

    @pytest.mark.parametrize(
        "event", [{"_value": 42}, {"_raw": "x"}, {"_raw": "x", "_base64": "eA=="}, {"wraps": 1}]
    )
    def test_events_that_look_alike(self, event):
        """An event may have fields that are called like ingest's own wrapping."""
        assert {"extra": event} == columns_of(event)

    @pytest.mark.parametrize("mark", ["lines", 5, None, {}, ""])
    def test_unknown_mark(self, mark):
        """What is no mark of ours is a field like any other."""
        assert {"extra": {"envelopeWraps": mark}} == columns_of({"envelopeWraps": mark})

    @given(st.binary(max_size=80))
    def test_any_line(self, line):
        """Any line whatsoever makes a row or a reject."""
        result = make(line)

        assert result.line.payload == line if isinstance(result, Reject) else result.values

    @given(st.text(max_size=40))
    def test_any_stored_line(self, text):
        """Whatever is sent after a first event, each stored line makes a row or a reject."""
        for index, line in enumerate(store(b"{}\n" + text.encode())):
            result = make(line, index=index)

            assert index + 1 == result.line.number


class TestSize:
    @pytest.mark.parametrize(
        ("event", "size"),
        [
            ({"log": "x" * 4_990_000}, 4_990_000),
            ({"log": "ж" * 2_450_000}, 4_900_000),
            ({"log": "\U0001f600" * 1_200_000}, 4_800_000),
            ({"log": "\x01" * 800_000}, 4_800_000),
        ],
        ids=["ascii", "cyrillic", "emoji", "control"],
    )
    @pytest.mark.parametrize("ensure_ascii", [True, False], ids=["escaped", "utf-8"])
    def test_legal(self, event, size, ensure_ascii):
        """A row is measured as it is sent, in UTF-8, whatever escapes the client used."""
        line = json.dumps(event, ensure_ascii=ensure_ascii).encode()

        row = make_heavy_row(Line(1, line), context_of())

        assert size < len(bytes(row.values["extra"])) < 5_000_000

    @pytest.mark.parametrize(
        "line",
        [
            b'{"log":"%b"}' % (b"x" * 5_000_001),
            b'{"log":"%b"}' % ("ж" * 2_500_001).encode(),
            b'{"a":[%b1]}' % (b'{"":1},' * 800_000),
            b'{"log":"%b"}' % (b"0" * 5_000_001),
        ],
        ids=["ascii", "cyrillic", "objects", "zeros"],
    )
    def test_too_large(self, line):
        """A row over 5 MB is rejected, before anything large is built of it."""
        reject = make_heavy_row(Line(7, line), context_of())

        assert ("row_too_large", 7) == (reject.reason, reject.line.number)

    def test_no_event(self):
        """A large line that is no event is rejected for what it is."""
        assert "invalid_line" == make_heavy_row(Line(1, b"x" * 300_000), context_of()).reason

    def test_one_at_a_time(self):
        """A large line waits while another one is taken apart in the instance."""
        stored = StoredObject(
            ObjectRef("bucket", NAME, "5"), parse_object_name(NAME), CREATED, 1, "", {}
        )
        large = Content(stored, b'{"a":1}\n{"a":"%b"}\n' % (b"x" * 300_000))
        rows = row_reader.read_rows(large, inserted=INSERTED)
        assert 1 == next(rows).line.number

        with ThreadPoolExecutor(1) as pool:
            with row_reader._ONE_HEAVY_LINE:
                second = pool.submit(next, rows)
                assert not wait([second], timeout=0.05).done
            assert 2 == second.result(timeout=60).line.number

    def test_cut(self):
        """A line that was too long to be read whole is no row, whatever its beginning is."""
        assert "row_too_large" == make_heavy_row(Line(1, b"{}", is_cut=True), context_of()).reason

    def test_cut_line_of_an_object(self, monkeypatch):
        """What is kept of a line that is too long is short, and no row nevertheless."""
        monkeypatch.setattr(contents, "MAX_LINE_BYTES", 10)
        monkeypatch.setattr(contents, "_HEAD_BYTES", 7)
        stored = StoredObject(
            ObjectRef("bucket", NAME, "5"), parse_object_name(NAME), CREATED, 1, "", {}
        )
        long = Content(stored, b'{"a":1}    \n{"a":1}\n')
        first, second = row_reader.read_rows(long, inserted=INSERTED)

        assert ("row_too_large", 2) == (first.reason, second.line.number)

    @given(st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=5))
    def test_least_size(self, event):
        """No line is taken for larger than what it makes."""
        for ascii_only in (True, False):
            line = json.dumps(event, ensure_ascii=ascii_only, indent=2).encode()
            assert row_reader._least_size(line) <= len(
                json.dumps(event, ensure_ascii=False).encode()
            )
