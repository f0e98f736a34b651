"""What is heard in any order becomes traces of events."""

import gzip
import itertools
import json

import pytest
from heard_exchanges import NAME, Heard, letter, row

EVENT = {"eventType": "level_up", "playerId": "ann", "eventIndex": 7, "level": 1.10}
ROW = row(event_type="level_up", player_id="ann", event_index="7", extra='{"level": 1.10}')


@pytest.fixture(name="heard")
def _heard():
    return Heard()


@pytest.mark.parametrize("order", list(itertools.permutations(("sent", "stored", "inserted"))))
def test_any_order(heard, order):
    """Request, object and row are one event, whichever is heard first."""
    acts = {
        "sent": lambda: heard.sent(EVENT),
        "stored": heard.stored,
        "inserted": lambda: heard.inserted(ROW),
    }
    for each in order:
        acts[each]()
        heard.newest()  # somebody looks all the while

    (trace,) = heard.newest()
    assert ("event", "loaded", NAME) == (trace.kind, trace.state, trace.object_name)
    assert ("level_up", "ann", 7) == (trace.event_type, trace.player_id, trace.event_index)
    assert ("testing", "function") == trace.labels
    assert json.dumps(EVENT) == trace.sent
    assert trace.hops.answered is not None
    assert trace.hops.stored is not None
    assert trace.hops.loaded is not None


def test_each_line_has_its_row(heard):
    """The rows of a batch are those of its lines, and what was refused is no row."""
    heard.sent([{"eventType": "a"}, {"eventType": "b"}, {"eventType": "c"}], count=3)
    heard.inserted(row(3, event_type="c"), row(1, event_type="a"), row(2), refused=[2])

    assert ["loaded", "stored", "loaded"] == [trace.state for trace in heard.newest()]
    assert ["c", "b", "a"] == [trace.event_type for trace in heard.newest()]


def test_insert_that_failed(heard):
    """Rows of an answer that is no success are not there."""
    heard.sent(EVENT)
    heard.inserted(ROW, status=503)

    assert ["stored"] == [trace.state for trace in heard.newest()]


def test_letter_then_row(heard):
    """A dead letter says why; a row that comes later is what counts."""
    heard.sent(EVENT)
    heard.inserted(letter(), table="dead_letters")
    (trace,) = heard.newest()
    assert ("dead_letter", "invalid_line: why") == (trace.state, trace.reason)

    heard.inserted(ROW)
    (trace,) = heard.newest()
    assert ("loaded", "") == (trace.state, trace.reason)
    assert "invalid_line" == trace.letter["reason"]


def test_letter_of_the_whole_object(heard):
    """A letter of line 0 is that of each event of the object."""
    heard.sent([{}, {}], count=2)
    heard.inserted(letter(0, reason="object_too_large"), table="dead_letters")

    assert ["dead_letter"] * 2 == [trace.state for trace in heard.newest()]


def test_repeat(heard):
    """A batch that is sent again is a line of its own, and counted with its events."""
    heard.sent(EVENT)
    heard.sent(EVENT)

    repeat, event = heard.newest()
    assert ("repeat", "repeated", "b") == (repeat.kind, repeat.state, repeat.batch_id)
    assert 2 == event.times_sent


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"status": 0}, "the connection broke, unanswered"),
        ({"status": 503, "answer": b'{"message": "a fault"}'}, "a fault"),
        ({"status": 200, "answer": b'{"batch'}, "its answer broke off"),
    ],
)
def test_lost_answer_then_retry(heard, told, reason):
    """A request whose answer is lost is seen, and counted with the retry that is answered."""
    keyed = {"headers": {"idempotency-key": "k" * 16}}
    began = heard.clock.now
    heard.add("gateway", body=b"{}", **keyed, **told)
    heard.stored()
    heard.sent(EVENT, **keyed)

    event, lost = heard.newest()
    assert ("refused", reason) == (lost.state, lost.reason)
    assert (2, began) == (event.times_sent, event.at)
    assert event.hops.stored >= 0


def test_refused(heard):
    """A request that is refused is there, with the reason, and without its key."""
    answer = b'{"code": 400, "reason": "empty_batch", "message": "no event"}'
    heard.add("gateway", query="key=KEY&event_ds=x", status=400, answer=answer)

    (trace,) = heard.newest()
    assert ("refused", "no event", 400) == (trace.kind, trace.reason, trace.status)
    assert "POST /v1/event?key=KEY&event_ds=x" == trace.request


def test_file(heard):
    """A URL that was issued for a file is a line of its own."""
    answer = b'{"signed_url": "http://x", "object": "data_type=file/a"}'
    heard.add("gateway", path="/v1/file", answer=answer)

    (trace,) = heard.newest()
    assert ("file", "issued", "data_type=file/a") == (trace.kind, trace.state, trace.object_name)


def test_bytes(heard):
    """A body without events is kept as it begins."""
    heard.sent(b"\xff\x00odd", count=0)

    (trace,) = heard.newest()
    assert ("bytes", "stored", "�\x00odd") == (trace.kind, trace.state, trace.sent)


def test_batch_whose_answer_was_lost(heard):
    """What is stored without an answered request is seen after a while, all lines of it."""
    heard.stored(count=2)
    heard.inserted(row(2, event_type="b"))
    assert [] == heard.newest()

    heard.clock.now += 3
    second, first = heard.newest()
    assert ["stored", "loaded"] == [first.state, second.state]
    assert ("its request got no answer", 0) == (first.reason, first.status)
    assert ("testing", "function") == first.labels

    heard.inserted(row(1, event_type="a"))
    heard.sent([{}, {}], count=2)
    repeat, _, first = heard.newest()
    assert ("loaded", "a", 2) == (first.state, first.event_type, first.times_sent)
    assert "repeated" == repeat.state


def test_request_that_is_no_longer_kept(heard):
    """What is stored of a request that was forgotten unseen is not said to have got no answer."""
    heard.sent({}, "early")
    for _ in range(498):
        heard.add("gateway", status=400)
    heard.stored("early")
    heard.inserted(row(1, "early"))
    heard.clock.now += 4
    heard.stored("late")
    heard.newest()
    heard.clock.now += 4

    assert {"", "late"} == {trace.batch_id for trace in heard.newest()}


def test_row_that_somebody_found(heard):
    """Rows of which neither request nor object was heard are seen, too."""
    heard.traces.rows_seen("events_function", [row(1, "other", extra={"a": 1})], 1_000.0)
    heard.clock.now += 3

    (trace,) = heard.newest()
    assert ("loaded", '{"a":1}') == (trace.state, trace.attributes)


@pytest.mark.parametrize(
    ("body", "count", "expected"),
    [
        (b'[{"a": 1.10}, 2]', 2, ["2", '{"a": 1.10}']),
        (b'{"a":1}\n\n no json \n', 2, ["no json", '{"a":1}']),
        (b'\xef\xbb\xbf {"a":\n1} ', 1, ['{"a":\n1}']),
        (gzip.compress(b'[{"a":1}]', mtime=0), 1, ['{"a":1}']),
        (gzip.compress(b'[{"a":1}]', mtime=0)[:-9], 1, [""]),
        (b'[{"a":1}]', 2, ["", ""]),
        (b"[" * 100_000, 1, ["[" * 100_000]),
    ],
    ids=["array", "lines", "value", "gzip", "broken gzip", "other count", "deep"],
)
def test_events_as_they_were_sent(heard, body, count, expected):
    """Each event is as the client wrote it; where that is not certain, nothing is said."""
    heard.sent(body, count=count)

    assert expected == [trace.sent for trace in heard.newest()]


def test_fields_in_either_spelling(heard):
    """Before there is a row, an event says what it is as a row would."""
    heard.sent({"event_type": "a", "playerId": 1.5, "sessionId": [1], "eventAttributes": {"x": 1}})

    (trace,) = heard.newest()
    assert ("a", "1.5", "", '{"x":1,"sessionId":[1]}') == (
        trace.event_type,
        trace.player_id,
        trace.session_id,
        trace.attributes,
    )


@pytest.mark.parametrize("count", ["9" * 18, "9" * 5_000, "-1", "x", "٣"])
def test_odd_count_of_an_object(heard, count):
    """What a stranger says of how many events an object has costs neither memory nor the page."""
    heard.stored(count=count)
    heard.clock.now += 3

    assert len(heard.newest()) in {1, 10_000}


def test_index_that_is_none(heard):
    """An index that is no number of an event stays among what it has besides."""
    heard.sent(
        [{"eventIndex": "seven"}, {"eventIndex": "9" * 5_000}, {"eventIndex": "-7"}], count=3
    )

    assert [-7, None, None] == [trace.event_index for trace in heard.newest()]
    assert '{"eventIndex":"seven"}' == heard.newest()[2].attributes


def test_odd_rows_are_left_alone(heard):
    """Rows that say of no event what became of it, and deep ones, keep nobody from looking."""
    deep = "[" * 5_000 + "]" * 5_000
    heard.sent(EVENT)
    heard.inserted(
        {"line": "one"},
        {"batch_id": 5, "line": 1},
        row("9" * 5_000),
        row(1, event_index="x", extra=deep),
    )
    heard.inserted(row(inserted_timestamp="yesterday"))
    heard.add("warehouse", path="/tables/events_function/insertAll", body=b"{", answer=b"{}")

    (trace,) = heard.newest()
    assert ("loaded", None) == (trace.state, trace.event_index)
