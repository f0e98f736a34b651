"""repairs: objects become rows of one load job; what cannot is lettered, never in the way."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeBulk, FakeSink, FakeStore, values
from stored import NOW, make_stored

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError, RequestRejected
from analytics_pipeline.load.ports import RowRefusal
from analytics_pipeline.reconcile import repair_jobs, repairs
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.repairs import Repairer

MD5 = "A" * 22 + "=="
SEEN_AT = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)


def make(leaf="1", **metadata):
    """Return an object that does not say how many events it has, unless the metadata does."""
    return make_stored(leaf, **{"event_count": None, **metadata})


class Bench:
    """A repairer between fakes."""

    def __init__(self):
        self.store, self.sink, self.bulk = FakeStore(), FakeSink(), FakeBulk()

    def put(self, stored, *events):
        """Store an object with these events, or the failure that reading it meets."""
        content = (
            events[0] if len(events) == 1 and isinstance(events[0], Exception | bytes) else None
        )
        lines = (
            b"".join(json.dumps(event).encode() + b"\n" for event in events) if not content else b""
        )
        self.store.contents[stored.ref] = content or lines
        return stored

    def repair(self, *objects):
        """Return what every step did."""
        repairer = Repairer(self.store, self.sink, self.bulk, lambda: NOW)
        return list(repairer.repair(objects, SEEN_AT))


@pytest.fixture(name="bench")
def _bench():
    return Bench()


def logged(capsys, event):
    """Return the lines of that event."""
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line for line in lines if line["event"] == event]


def failed(capsys):
    """Return the objects that were named as failed."""
    return [line["object"] for line in logged(capsys, "repair_failed")]


def receipts(capsys):
    """Return (object, rows, dead letters) of every receipt."""
    lines = logged(capsys, "object_loaded")
    return [(line["object"], line["rows"], line["dead_letters"]) for line in lines]


def event_ids(*positions):
    """Return the ids of events of (object, position)."""
    return [f"{stored.batch_id}/{index}" for stored, index in positions]


def test_rows(bench):
    """All objects' rows are loaded by one job, JSON columns as they are."""
    first = bench.put(make("1"), {"eventType": "a", "n": 1.5}, {"eventType": "b"})
    second = bench.put(make("2"), {"eventType": "c"})

    assert [RepairCounts(objects=2, rows=3, load_jobs=1)] == bench.repair(first, second)

    ((rows,),) = [bench.bulk.jobs.values()]
    assert event_ids((first, 0), (first, 1), (second, 0)) == [row["event_id"] for row in rows]
    assert {"n": 1.5} == rows[0]["extra"]
    assert [SEEN_AT] == bench.bulk.seen_at
    assert [] == bench.sink.letters


def test_id_says_what_is_loaded(bench):
    """The same objects are the same job in any order; another generation is another."""
    first, second = (bench.put(make(leaf), {}) for leaf in "12")
    bench.repair(first, second)
    bench.repair(second, first)

    assert 1 == len(bench.bulk.jobs)
    newer = replace(second, ref=replace(second.ref, generation="6"))
    bench.repair(first, bench.put(newer, {}))
    assert 2 == len(bench.bulk.jobs)


def test_id_says_by_which_code():
    """Every module that decides what a row is becomes part of the id."""
    package = Path(repair_jobs.__file__).parents[1]
    program = (
        "import sys; from analytics_pipeline.load import rows;"
        "print(*(module.__file__ for name, module in sys.modules.items()"
        " if name.startswith('analytics_pipeline.')), sep='\\n')"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    files = {str(Path(line).relative_to(package)) for line in run.stdout.splitlines()}

    assert set() == {file for file in files if "__init__" not in file} - {*repair_jobs._ROW_CODE}


def test_lines_that_are_no_events(bench):
    """A line that cannot become a row becomes a letter, and the others are loaded."""
    stored = bench.put(make(), b'{"eventType":"a"}\nnot json\n')

    assert [RepairCounts(objects=1, rows=1, dead_letters=1, load_jobs=1)] == bench.repair(stored)

    (letter,) = bench.sink.letters
    assert (2, "invalid_line", f"{stored.batch_id}/1") == (
        letter.line,
        letter.reason,
        letter.dead_letter_id,
    )


def test_unreadable_object(bench, capsys):
    """An object that can never be read becomes one letter, in no way of the others."""
    bad = bench.put(make("1", content_md5=MD5, event_count="4"), {})
    good = bench.put(make("2"), {})

    assert [RepairCounts(objects=2, rows=1, dead_letters=1, load_jobs=1)] == bench.repair(bad, good)

    (letter,) = bench.sink.letters
    assert ("md5_mismatch", 0, 4) == (letter.reason, letter.line, letter.event_count)
    assert "object_dead_lettered" in capsys.readouterr().out


def test_nothing_but_an_unreadable_object(bench):
    """Where no row is left, no job is run."""
    bad = bench.put(make(content_md5=MD5), {})

    assert [RepairCounts(objects=1, dead_letters=1)] == bench.repair(bad)
    assert {} == bench.bulk.jobs


def test_object_gone(bench, capsys):
    """An object that was deleted meanwhile is left out, on record."""
    gone = bench.put(make("1"), ObjectGone("gone"))
    good = bench.put(make("2"), {})

    assert [RepairCounts(objects=1, rows=1, load_jobs=1)] == bench.repair(gone, good)
    (line,) = logged(capsys, "object_gone")
    assert (gone.ref.uri, gone.ref.generation) == (line["object"], line["generation"])


def test_refused_row(bench):
    """Where BigQuery refuses a job for a row, a second attempt finds it and loads the rest."""
    bench.bulk.failure = RequestRejected("bad row")
    bench.sink.refuse = lambda rows: [
        RowRefusal(index, values(row).get("event_type") == "bad", "x")
        for index, row in enumerate(rows)
        if any(values(other).get("event_type") == "bad" for other in rows)
    ]
    first = bench.put(make("1"), {"eventType": "a"}, {"eventType": "bad"}, 7)
    second = bench.put(make("2"), {"eventType": "b"})

    expected = RepairCounts(objects=2, rows=2, dead_letters=2, load_jobs=1)
    assert [expected] == bench.repair(first, second)

    assert event_ids((first, 0), (second, 0)) == bench.sink.inserted
    assert [(2, "invalid_row"), (3, "not_an_object")] == sorted(
        {(letter.line, letter.reason) for letter in bench.sink.letters}
    )


@pytest.mark.parametrize("failure", [None, RequestRejected("bad row")])
def test_events_that_are_not_there(bench, failure):
    """An object with fewer events than it says gets a letter: no later run could find more."""
    bench.bulk.failure = failure
    stored = bench.put(make(event_count="4"), {"eventType": "a"}, {"eventType": "b"}, 7)

    assert [RepairCounts(objects=1, rows=2, dead_letters=2, load_jobs=1)] == bench.repair(stored)

    line, whole = bench.sink.letters[:2]
    assert (3, "not_an_object") == (line.line, line.reason)
    assert (0, "events_missing", 4) == (whole.line, whole.reason, whole.event_count)
    assert "3 of 4" in whole.detail


def test_failed_job(bench, capsys):
    """A failure that is no verdict on the rows names its objects for the next run."""
    bench.bulk.failure = TransientError("later")
    stored = [bench.put(make(leaf), {}) for leaf in "12"]

    assert [RepairCounts(load_jobs=1, failed=2)] == bench.repair(*stored)
    assert [each.ref.uri for each in stored] == failed(capsys)


def test_unreadable_for_now(bench, capsys):
    """An object that cannot be read now is named, lettered never, and in nobody's way."""
    bad = bench.put(make("1"), TransientError("later"))
    good = bench.put(make("2"), {})

    assert [RepairCounts(objects=1, rows=1, load_jobs=1, failed=1)] == bench.repair(bad, good)
    (line,) = logged(capsys, "repair_failed")
    assert (bad.ref.uri, "later") == (line["object"], line["detail"])
    assert [] == bench.sink.letters


@pytest.mark.parametrize("content", [b"not json\n", PermanentLoadError("x", "y")])
def test_letters_that_cannot_be_written(bench, capsys, content):
    """An object whose letters fail is named, and the others are loaded."""

    def fail(_letters):
        raise TransientError("down")

    bench.sink.refuse_letters = fail
    bad, good = bench.put(make("1"), content), bench.put(make("2"), {})

    assert [RepairCounts(objects=1, rows=1, load_jobs=1, failed=1)] == bench.repair(bad, good)
    assert [bad.ref.uri] == failed(capsys)


def test_refused_job_and_object_gone(bench, capsys):
    """Where a job is refused, an object that cannot be read a second time is in nobody's way."""
    bench.bulk.failure = RequestRejected("bad row")
    good = bench.put(make("1"), {})
    lost = bench.put(make("2"), {})
    read, seen = bench.store.read, []

    def read_once(ref, max_bytes):
        if ref == lost.ref and ref in seen:
            raise TransientError("later")
        seen.append(ref)
        return read(ref, max_bytes)

    bench.store.read = read_once

    assert [RepairCounts(objects=1, rows=1, load_jobs=1, failed=1)] == bench.repair(good, lost)
    assert [lost.ref.uri] == failed(capsys)


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [
        ("_ROW_BYTES", 1, [1, 1, 1, 1, 1, 0]),
        ("_FILE_BYTES", 1, [1, 1, 1, 1, 1, 0]),
        ("_OBJECTS", 2, [2, 2, 1]),
        ("_OBJECTS", 10, [5]),
    ],
)
def test_jobs(bench, monkeypatch, name, limit, expected):
    """A job takes a bounded number of bytes and objects, and always at least one object."""
    monkeypatch.setattr(repair_jobs, name, limit)
    stored = [bench.put(make(str(leaf)), {}) for leaf in range(5)]

    assert expected == [done.objects for done in bench.repair(*stored)]
    assert 5 == sum(len(job) for job in bench.bulk.jobs.values())


def test_windows(monkeypatch):
    """Objects are read side by side as far as their bytes allow."""
    monkeypatch.setattr(repairs, "_READ_AHEAD_BYTES", 250)
    stored = [make(str(leaf)) for leaf in range(5)]

    assert [2, 2, 1] == [len(window) for window in repairs._windows(stored)]
    assert [96, 24] == [len(window) for window in repairs._windows([make(size=1)] * 120)]


def test_no_objects(bench):
    """Where nothing lacks rows, nothing is done."""
    assert [RepairCounts()] == bench.repair()


def test_sum():
    """Counts add up."""
    assert RepairCounts(3, 5, 7, 9, 11) == RepairCounts(1, 2, 3, 4, 5) + RepairCounts(2, 3, 4, 5, 6)


def test_receipts(bench, capsys):
    """Each object that is loaded gets its receipt, as if it had been delivered."""
    first = bench.put(make("1"), b'{"eventType":"a"}\nnot json\n')
    second = bench.put(make("2"), {}, {})
    bench.repair(first, second)

    assert [(first.ref.uri, 1, 1), (second.ref.uri, 2, 0)] == receipts(capsys)


def test_receipts_of_streamed_objects(bench, capsys):
    """An object that is streamed, because BigQuery refused its job, gets a receipt as well."""
    bench.bulk.failure = RequestRejected("bad row")
    stored = bench.put(make(), {}, 7)
    bench.repair(stored)

    assert [(stored.ref.uri, 1, 1)] == receipts(capsys)


def test_receipt_without_rows(bench, capsys):
    """An object of which no line is an event needs no job, and has its receipt."""
    stored = bench.put(make(), 7)

    assert [RepairCounts(objects=1, dead_letters=1)] == bench.repair(stored)
    assert [(stored.ref.uri, 0, 1)] == receipts(capsys)


@pytest.mark.parametrize("failure", [TransientError("later"), None])
def test_no_receipt_for_what_failed(bench, capsys, failure):
    """What was not loaded has no receipt, so that the next run finds it."""
    bench.bulk.failure = failure
    bench.repair(bench.put(make(), {} if failure else TransientError("later")))

    assert [] == receipts(capsys)


def test_no_receipt_without_letters(bench, capsys):
    """An object whose letters could not be written has no receipt: they would be nowhere."""

    def fail(_letters):
        raise TransientError("down")

    bench.sink.refuse_letters = fail
    bench.repair(bench.put(make(), b'{"eventType":"a"}\nnot json\n'))

    assert [] == receipts(capsys)


def test_files_are_small(bench):
    """A load job's file is compressed, so that a job carries many times what memory holds."""
    stored = [bench.put(make(str(n)), *[{"eventType": "the same"}] * 100) for n in range(20)]
    bench.repair(*stored)

    ((sent, rows),) = bench.bulk.sizes
    assert sent < rows / 10
