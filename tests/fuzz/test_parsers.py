"""Whatever bytes come, the parsers answer a row, a letter or a refusal; and lose no token."""

import json
import zlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from effort import effort
from hypothesis import given
from hypothesis import strategies as st
from odd_bytes import BODIES, GZIP, VALUES
from oracle import check_stored, expected_events, tokens
from stored import NOW, make_stored

from analytics_pipeline import json_text
from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.ingest import parameters
from analytics_pipeline.ingest.envelope import Envelope, stamp_events
from analytics_pipeline.ingest.events import MAX_DEPTH, BodyLimits, split_body
from analytics_pipeline.ingest.refusals import (
    EmptyBatch,
    InvalidParameter,
    RepeatedParameter,
    TooDeep,
)
from analytics_pipeline.load.cloud_event import parse_finalized
from analytics_pipeline.load.contents import Content
from analytics_pipeline.load.encoding import for_insert_all, for_load_job
from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.load.rows import _TYPES, LineContext, Reject, make_row
from analytics_pipeline.object_names import BatchName, ObjectPlace, Partition, parse_object_name
from analytics_pipeline.stored_objects import StoredObject

LIMITS = BodyLimits(1000, 100, 100_000)
ENVELOPE = Envelope("1772380799.000120", "0" * 32, "0" * 32, "testing")
STORED = make_stored(event_count=None)
CONTEXT = LineContext.of(STORED, inserted=NOW)


def check_number(token):
    """Prove that BigQuery's type JSON keeps a number: int64, uint64, or what a double tells."""
    is_integer = token.lstrip("-").isdigit() and -(2**63) <= int(token) < 2**64
    assert is_integer or Decimal(repr(float(token))) == Decimal(token)


def check_row(line):
    """Return the row or letter of a line; a row is JSON of the schema's types, both ways."""
    row = make_row(line, CONTEXT)
    if isinstance(row, Reject):
        assert row.reason in {"invalid_line", "not_an_object"}
        return row
    streamed = json.loads(for_insert_all(row).json, parse_constant=int)
    loaded = json.loads(for_load_job(row.values), parse_constant=int)
    for column, value in streamed.items():
        if _TYPES[column] == "JSON":
            assert json.loads(value, parse_constant=int) == loaded[column]
            json.loads(value, parse_int=check_number, parse_float=check_number)
        else:
            assert value == loaded[column]
        assert isinstance(value, str)
        if _TYPES[column] == "INTEGER":
            assert -(2**63) <= int(value) < 2**63
        if _TYPES[column] == "TIMESTAMP":
            assert datetime.fromisoformat(value).tzinfo == UTC
    return row


@given(BODIES)
@effort(400)
def test_body(body):
    """What is accepted is stored token by token, and read as exactly that many lines."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        events = split_body(body, LIMITS)
        content = (
            None if events is None else stamp_events(events, ENVELOPE, LIMITS.max_stored_bytes)
        )
    except EmptyBatch:
        assert not text.strip(b" \t\r\n") or expected_events(text) == []
        return
    except TooDeep:
        assert text.count(b"[") + text.count(b"{") > MAX_DEPTH
        return
    expected = expected_events(text)
    if expected is None or content is None:
        assert expected == content
        return
    lines = list(Content(STORED, content).lines())
    assert len(expected) == len(lines) == content.count(b"\n")
    for event, line in zip(expected, lines, strict=True):
        check_stored(event, tokens(line.payload.decode()))
        assert isinstance(event, dict) != isinstance(check_row(line), Reject)


@given(BODIES)
@effort(300)
def test_content(raw):
    """Any object is lines, each a row or a letter, or it is refused as a whole for a reason."""
    try:
        lines = list(Content(STORED, raw).lines())
    except PermanentLoadError as exc:
        lines = [exc.reason]
    if lines == ["corrupt_gzip"]:
        return
    text = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.startswith(b"\x1f\x8b"):
        assert sum(bool(line.strip(b" \t\r")) for line in text.split(b"\n")) == len(lines)
    for line in lines:
        try:
            value = tokens(line.payload.decode())
            marks = ("line", "value")  # which `ingest` alone is to write
            is_event = isinstance(value, dict) and value.get("envelopeWraps") not in marks
        except (ValueError, RecursionError):
            is_event = False
        assert is_event != isinstance(check_row(line), Reject)


def members(data):
    """Yield what is in each member; raises zlib.error. Python's gzip knows no reserved flags."""
    while True:
        member = zlib.decompressobj(wbits=31)
        yield member.decompress(data)
        if not member.eof:
            raise zlib.error("cut short")
        data = member.unused_data.lstrip(b"\0")
        if not data:
            return


@given(GZIP)
@effort(300)
def test_gunzip(data):
    """Gzip is what zlib makes of each member at once, but for the members that are refused."""
    gunzip = Gunzip()
    try:
        decoded = b"".join(gunzip.decode(data))
        gunzip.finish()
    except CorruptGzip as exc:
        decoded = exc
    try:
        expected = b"".join(members(data))
    except zlib.error:
        assert isinstance(decoded, CorruptGzip)
        return
    assert decoded == expected or "empty member" in str(decoded)


@given(BODIES)
@effort(300)
def test_json(text):
    """JSON is what Python's own parser takes; its shape is that of what Python builds."""
    try:
        value = tokens(text.decode())
    except UnicodeDecodeError:  # callers look for that
        return
    except ValueError:
        with pytest.raises(json_text.NotJson):
            json_text.check_value(text)
        return
    json_text.check_value(text)
    inner = list(value.values()) if isinstance(value, dict) else value
    shape = json_text.measure(text)
    assert shape.values >= 1
    assert json_text.is_deeper_than(shape.depth, text) is False
    assert not shape.depth or json_text.is_deeper_than(shape.depth - 1, text)
    if isinstance(inner, list):
        split = json_text.split_array(text) if inner is value else json_text.split_object(text)
        parts = split if inner is value else list(split.values())
        assert inner == [tokens(bytes(part).decode()) for part in parts]


@given(st.binary(max_size=60) | st.text("abkeysion_=&%2F.+é/", max_size=60).map(str.encode))
@effort(300)
def test_query(query):
    """Any query string is refused by a documented error, or names an object that is found again."""
    rules = parameters.Rules((), ())
    try:
        wanted = parameters.read_batch_request(b"session_id=" + query, (), rules, NOW)
        parameters.read_file_request(b"file_parent=" + query, rules, NOW)
    except (InvalidParameter, RepeatedParameter):
        return
    name = BatchName("json", wanted.partition, wanted.session_id, wanted.named, 7).format()
    place = parse_object_name(name)
    assert ("json", wanted.partition, wanted.session_id) == (
        *(place.data_type, place.partition, place.session_id),
    )


@given(st.text(st.characters(), max_size=40), st.sampled_from(["2026-03-01", "2026-02-30", "x"]))
@effort(200)
def test_names(text, day):
    """Any name is one of the layout, taken apart and put together again, or it is not ours."""
    name = f"data_type=json/{Partition('e', 'function', day, text).format()}/{text}"
    for each in (name, text):
        place = parse_object_name(each)
        if place is not None:
            assert isinstance(place, ObjectPlace)
            rest = "/".join(each.split("/")[5:])
            assert rest in {place.leaf, f"{place.session_id}/{place.leaf}"}


FIELDS = ("bucket", "name", "generation", "timeCreated", "size", "metadata", "contentEncoding")
GOOD = dict(
    zip(FIELDS, ("b", STORED.ref.name, "5", "2026-03-01T00:00:00Z", "9", {}, ""), strict=True)
)
METADATA = st.dictionaries(
    st.sampled_from(["event_count", "content_md5", "received_timestamp", "batch_id", "x"]),
    st.text(st.characters(), max_size=9) | st.integers() | st.decimals().map(str) | VALUES,
)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | METADATA, max_size=3), VALUES)
@effort(300)
def test_cloud_event(changes, other):
    """Any event is an object, none of ours, or a ValueError; odd metadata says nothing."""
    for data in ({**GOOD, **changes}, other):
        try:
            stored = parse_finalized(data)
        except ValueError:
            continue
        if stored is not None:
            said = (stored.event_count, stored.forgotten_count, stored.content_md5, stored.encoding)
            assert isinstance(stored, StoredObject)
            assert len(said) == 4
            assert stored.received.tzinfo == UTC
            assert Decimal(stored.size) >= 0
            json.dumps([stored.batch_id, stored.ref.uri]).encode()
