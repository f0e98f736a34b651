"""`cleanup`: which prefixes are accepted, what counts as loaded, what is said."""

import json
import threading
from argparse import ArgumentTypeError
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from analytics_commands.cleanup.cleanup_report import Report
from analytics_commands.foundation.accounts.ledger import LedgerEntry
from analytics_commands.foundation.pipeline.deletion import Deletion, Outcome
from analytics_commands.foundation.pipeline.loaded import (
    Found,
    OpenLetters,
    count_letters,
    find_missing,
)
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.prefixes import Prefix, read_file_prefix, read_prefix
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.stored_objects import StoredObject

ENVIRONMENT = "data_type=json/analytics_environment=qa/"
WHEN = datetime(2026, 11, 23, tzinfo=UTC)


def make_object(name="a", count=2, category="function"):
    """Return a stored batch."""
    place = f"{ENVIRONMENT}event_category={category}/event_ds=2026-11-23/event_time=0-8/s/{name}"
    metadata = {} if count is None else {"event_count": str(count)}
    reference = ObjectRef("bucket", place, "1")
    return StoredObject(reference, parse_object_name(place), WHEN, 100, "", metadata)


def make_entry(stored, loaded=0, dead_lettered=0, lettered_as_whole=0):
    """Return what BigQuery holds of an object."""
    place = (stored.ref.uri, stored.ref.generation, "qa", "function", date(2026, 11, 23), WHEN)
    rows = (loaded, loaded, loaded, 0)
    return LedgerEntry(*place, loaded, dead_lettered, lettered_as_whole, *rows)


class TestPrefix:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "d",
            "data_type=json",
            "data_type=json/",
            "data_type=json/analytics_environment=qa",
            "data_type=json/analytics_environment=/",
            "data_type=json/event_category=cold/",
            "data_type=other/analytics_environment=qa/",
            "/data_type=json/analytics_environment=qa/",
            "gs://bucket/data_type=json/analytics_environment=qa/",
            "events/",
        ],
    )
    def test_too_wide(self, text):
        """What does not name a whole environment of the layout is refused."""
        with pytest.raises(ArgumentTypeError, match="not of the layout"):
            read_prefix(text)

    def test_parts(self):
        """A prefix knows its complete parts: one that lacks its `/` may be of several names."""
        category, day = "event_category=cold", "event_ds=2026-11-23"

        assert Prefix(ENVIRONMENT, "json", "qa") == read_prefix(ENVIRONMENT)
        assert read_prefix(ENVIRONMENT + category).event_category is None
        assert "cold" == read_prefix(f"{ENVIRONMENT}{category}/{day}").event_category
        assert read_prefix(f"{ENVIRONMENT}{category}/{day}").event_ds is None
        assert "2026-11-23" == read_prefix(f"{ENVIRONMENT}{category}/{day}/event_t").event_ds

    @pytest.mark.parametrize(
        ("text", "may_be"),
        [
            (ENVIRONMENT, True),
            (f"{ENVIRONMENT}event_category=func", True),
            (f"{ENVIRONMENT}event_category=function/", True),
            (f"{ENVIRONMENT}event_category=cold/", False),
            ("data_type=unknown/analytics_environment=qa/event_category=function/", False),
            ("data_type=file/analytics_environment=qa/", False),
        ],
    )
    def test_loaded_category(self, text, may_be):
        """Only JSON of the loaded category is asked about."""
        assert may_be == read_prefix(text).may_be_loaded

    @pytest.mark.parametrize(
        "text",
        [
            "data_type=file/analytics_environment=qa/",
            "data_type=file/analytics_environment=qa/event_category=dumps",
            f"{ENVIRONMENT}event_category=dumps/",
        ],
    )
    def test_too_wide_for_files(self, text):
        """A prefix of files names a whole category."""
        with pytest.raises(ArgumentTypeError, match="not of uploaded files"):
            read_file_prefix(text)

    def test_files(self):
        """A prefix of one parent's files is accepted as it is."""
        text = "data_type=file/analytics_environment=qa/event_category=dumps/event_ds=2026-11-23/"

        assert Prefix(text, "file", "qa", "dumps", "2026-11-23") == read_file_prefix(text)


class TestMissing:
    @pytest.mark.parametrize(
        ("counts", "missing"),
        [
            ({"loaded": 2}, 0),
            ({"loaded": 1}, 1),
            ({"loaded": 1, "dead_lettered": 1}, 0),
            ({"dead_lettered": 2}, 0),
            ({"lettered_as_whole": 2}, 0),
        ],
    )
    def test_counts(self, counts, missing):
        """An event is settled by a row, by a letter, or by a letter of the whole object."""
        stored = make_object()

        assert [Found(stored, missing)] == list(
            find_missing([stored], iter([make_entry(stored, **counts)]))
        )

    @pytest.mark.parametrize(("count", "missing"), [(2, 2), (0, 0), (None, 1)])
    def test_nothing_there(self, count, missing):
        """An object without any entry lacks all its events, at least one if nobody knows."""
        stored = make_object(count=count)

        assert [Found(stored, missing)] == list(find_missing([stored], iter([])))

    def test_side_by_side(self):
        """Each object meets its own entry, whatever is only on one of the two sides."""
        a, b, c, d = (make_object(name) for name in "abcd")
        entries = [make_entry(a, 1), make_entry(b, 2), make_entry(d, 2)]

        assert [Found(b, 0), Found(c, 2), Found(d, 0)] == list(
            find_missing([b, c, d], iter(entries))
        )

    def test_other_categories(self):
        """What is never loaded lacks nothing, and BigQuery is not asked about it."""
        stored = make_object(category="cold")

        def refuse():
            raise AssertionError
            yield

        assert [Found(stored, 0)] == list(find_missing([stored], refuse()))

    def test_rewritten(self):
        """What is left in a rewritten object was loaded before it was rewritten."""
        stored = make_object()
        stored = replace(stored, metadata={**stored.metadata, "rewritten_at": "x"})

        assert [Found(stored, 0)] == list(find_missing([stored], iter([])))


class TestOpenLetters:
    def count(self, names, *letters):
        """Return the open letters of each object; `letters` are name, generation, number."""
        rows = (OpenLetters(make_object(name).ref.uri, *rest) for name, *rest in letters)
        found = count_letters((Found(make_object(name), 0) for name in names), rows)
        return [each.open_letters for each in found]

    def test_side_by_side(self):
        """Each object meets its own letters, whatever is only on one of the two sides."""
        letters = [("a", "1", 2), ("b", "1", 3), ("d", "1", 4), ("e", "1", 5)]

        assert [3, 0, 4] == self.count("bcd", *letters)
        assert [2, 3, 0, 4, 5, 0] == self.count("abcdef", *letters)
        assert [0, 0] == self.count("ab")

    def test_generations(self):
        """The letters of another generation are not those of the object that is there."""
        assert [2, 0] == self.count(
            "ab", ("a", "0", 9), ("a", "1", 2), ("a", "3", 9), ("b", "2", 1)
        )

    def test_why(self):
        """People read what keeps an object."""
        assert "" == Found(make_object(), 0).why_kept
        assert "2 of its dead letters are open" == Found(make_object(), 0, 2).why_kept
        assert "1,000 of its events are not loaded, 1 of its dead letters are open" == (
            Found(make_object(), 1000, 1).why_kept
        )


class TestInParallel:
    def test_order(self):
        """Results come in the order of the items, each once."""
        assert [n * n for n in range(500)] == list(in_parallel(lambda n: n * n, range(500), 8))

    def test_several_at_a_time(self):
        """As many tasks as threads run at the same time."""
        barrier = threading.Barrier(3)

        assert [0, 1, 2] == sorted(in_parallel(lambda _: barrier.wait(60), range(3), 3))

    def test_flat_memory(self):
        """Items are taken no faster than results are."""
        taken = iter(range(1_000_000))
        results = in_parallel(lambda n: n, taken, 2)
        next(results)

        assert next(taken) < 20
        results.close()

    def test_failure(self):
        """What the work raises ends it."""
        with pytest.raises(ZeroDivisionError):
            list(in_parallel(lambda n: 1 // n, range(100), 2))

    @pytest.mark.parametrize("number", [0, 1, 500])
    def test_items_that_end_early(self, number):
        """When no more items come, those that came are done, and only then it is told."""

        def items():
            yield from range(number)
            raise TransientError("listing failed")

        done = []
        with pytest.raises(TransientError, match="listing failed"):
            done.extend(in_parallel(lambda n: n, items(), 8))

        assert list(range(number)) == done


class TestReport:
    def test_lines(self, capsys):
        """People read the outcome and the name of each object, and why it is kept."""
        report = Report(as_json=False)
        report.add(Found(make_object("a"), 0), Deletion(Outcome.DELETED))
        report.add(Found(make_object("b"), 1), Deletion(Outcome.KEPT))
        report.add(Found(make_object("\x1b[2J"), 0), Deletion(Outcome.FAILED, "no right"))
        root = make_object("").ref.uri

        assert (
            f"deleted  {root}a\n"
            f"kept  {root}b: 1 of its events are not loaded\n"
            f"failed  {root}\\x1b[2J: no right\n"
        ) == capsys.readouterr().out
        assert (
            "kept: 1 object, 100 bytes, 2 events\n"
            "deleted: 1 object, 100 bytes, 2 events\n"
            "failed: 1 object, 100 bytes, 2 events"
        ) == report.summary()

    def test_json(self, capsys):
        """Machines read all of it, an object a line."""
        Report(as_json=True).add(Found(make_object("a", None), 0), Deletion(Outcome.PLANNED))

        assert {
            "outcome": "would delete",
            "object": make_object("a").ref.uri,
            "bytes": 100,
            "events": None,
            "received": "2026-11-23T00:00:00Z",
            "detail": "",
        } == json.loads(capsys.readouterr().out)

    def test_nothing(self):
        """Nothing is said to be nothing."""
        assert "nothing is that old under this prefix" == Report(as_json=False).summary()
