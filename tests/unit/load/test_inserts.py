"""inserts: requests are bounded by what is really sent, of rows and of letters."""

import msgspec
import pytest
from fakes import FakeBulk, FakeSink, values
from msgspec import structs
from stored import NOW, make_stored

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.contents import Line
from analytics_pipeline.load.dead_letters import letter_for_line
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.inserts import RowInserter, insert_letters
from analytics_pipeline.load.ports import RowRefusal
from analytics_pipeline.load.rows import Reject, Row

STORED = make_stored()


def row(number, **columns):
    """Return a row of the line."""
    return Row(columns, f"b/{number}", Line(number, b"{}"))


def letter(number, payload=b"x"):
    """Return a letter about the line."""
    return letter_for_line(STORED, Reject(Line(number, payload), "invalid_line", "d"), NOW)


def insert(sink, *lines):
    """Insert the lines; returns the number of rows, and the rejects."""
    inserter = RowInserter(sink, lambda: None)
    rejects = list(inserter.insert(lines))
    return inserter.inserted, rejects


@pytest.mark.parametrize(
    "text", ["x" * 1_500_000, "ж" * 750_000, "\x01" * 250_000, '"' * 750_000], ids=lambda t: t[0]
)
def test_size_of_rows(text):
    """A request holds as many rows as fit in their own encoding."""
    sink = FakeSink()

    assert (6, []) == insert(sink, *(row(number, event_type=text) for number in range(6)))
    assert all(size < 4_000_000 for size in sink.sizes)
    assert 3 == len(sink.sizes)


def test_row_larger_than_a_request():
    """A row that exceeds what requests are filled up to goes alone, and nothing empty is sent."""
    sink = FakeSink()
    large = "x" * 4_500_000

    assert (3, []) == insert(sink, row(1, event_type=large), row(2), row(3, event_type=large))
    assert [["b/1"], ["b/2"], ["b/3"]] == sink.requests


def test_rows_refused_one_after_the_other():
    """Rows held back by a refused one are sent again, and one of them may be refused as well."""
    sink = FakeSink()

    def refuse(rows):
        ids = [row.insert_id for row in rows]
        bad = next((each for each in ("b/2", "b/4") if each in ids), None)
        return [RowRefusal(i, each == bad, "d") for i, each in enumerate(ids)] if bad else []

    sink.refuse = refuse
    inserted, rejects = insert(sink, *map(row, range(1, 6)))

    assert (3, [2, 4]) == (inserted, [each.line.number for each in rejects])
    assert ["b/1", "b/3", "b/5"] == sink.inserted


def test_job_of_a_row_alone():
    """A row that no request can carry has a job that is named by its line of that generation."""
    bulk, sink = FakeBulk(), FakeSink()

    def refuse(_rows):
        raise RequestRejected("too large")

    sink.refuse = refuse
    places = [
        ("gs://b/o", "1", 1),
        ("gs://b/o", "1", 2),
        ("gs://b/o", "2", 1),
        ("gs://b/p", "1", 1),
    ]
    rows = [row(line, gcs_uri=uri, generation=version) for uri, version, line in places]
    for each in (*rows, rows[0]):
        list(RowInserter(sink, lambda: bulk).insert([each]))

    assert 4 == len(bulk.jobs)


def test_rejects_pass():
    """Lines that are no rows pass through, the others are inserted."""
    sink = FakeSink()
    reject = Reject(Line(2, b"x"), "invalid_line", "d")

    assert (2, [reject]) == insert(sink, row(1), reject, row(3))
    assert ["b/1", "b/3"] == sink.inserted


def test_json_columns():
    """A JSON column is inserted as a string of JSON, in UTF-8."""
    sink = FakeSink()
    seen = []
    sink.refuse = lambda rows: seen.extend(rows) or []

    insert(sink, row(1, extra=msgspec.Raw('{"n":1.10,"ж":1}'.encode()), event_type="ж"))

    assert {"extra": '{"n":1.10,"ж":1}', "event_type": "ж"} == values(seen[0])
    assert "ж".encode() in seen[0].json


def test_large_letters():
    """Letters of lines that are no text are three times as large; requests stay bounded."""
    sink = FakeSink()
    sizes = []
    sink.refuse_letters = lambda rows: sizes.append(sum(len(row.json) for row in rows)) or []

    assert 100 == insert_letters(sink, (letter(n, b"\xff" * 64_000) for n in range(100)))

    assert all(size < 4_000_000 for size in sizes)
    assert 100 == len(sink.letters)


def test_letters_refused_together():
    """Letters that are refused as a request are halved, as rows are."""
    sink = FakeSink()

    def refuse(letters):
        if len(letters) > 2:
            raise RequestRejected("too large")
        return []

    sink.refuse_letters = refuse

    assert 7 == insert_letters(sink, map(letter, range(1, 8)))
    assert list(range(1, 8)) == [each.line for each in sink.letters]


@pytest.mark.parametrize("refusal", [RequestRejected("no"), None])
def test_letter_that_is_refused(refusal):
    """A letter that is not durable is a reason to come back."""
    sink = FakeSink()

    def refuse(_letters):
        if refusal:
            raise refusal
        return [RowRefusal(0, True, "no such column")]

    sink.refuse_letters = refuse

    with pytest.raises(TransientError):
        insert_letters(sink, [letter(1)])


def test_resolved_letter():
    """BigQuery must not take a letter's resolution for a repetition of the letter."""
    sink = FakeSink()
    insert_letters(sink, [letter(1), structs.replace(letter(1), resolution="replayed")])

    ((first, second),) = sink.letter_requests
    assert f"{first}/replayed" == second


def test_no_letters():
    """Without letters nothing is sent."""
    sink = FakeSink()

    assert 0 == insert_letters(sink, [])
    assert [] == sink.letter_requests
