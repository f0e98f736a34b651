"""sightings: what three accounts say of one object comes together, whatever they leave out."""

import itertools

import pytest
from audited_objects import ROOT, accepted, entry, sighting, stored, uri_of
from hypothesis import given
from hypothesis import strategies as st

from analytics_commands.audit.sightings import OutOfOrder, merge_sightings
from analytics_pipeline.reconcile.ports import LedgerEntry
from analytics_pipeline.stored_objects import Day

LEAVES = st.sets(st.text("ab/-é😀", min_size=1), max_size=8)


def by_uri(make, leaves):
    """Return one of each leaf, by URI."""
    return [make(leaf) for leaf in sorted(leaves, key=lambda leaf: uri_of(leaf).encode())]


@given(LEAVES, LEAVES, LEAVES)
def test_each_object_once(rows, lines, names):
    """Every object that anybody knows is seen once, with exactly those who know it."""
    seen = list(
        merge_sightings(ROOT, by_uri(entry, rows), by_uri(accepted, lines), by_uri(stored, names))
    )

    assert by_uri(uri_of, rows | lines | names) == [each.uri for each in seen]
    assert [
        tuple(leaf in known for known in (rows, lines, names))
        for leaf in sorted(rows | lines | names, key=lambda leaf: uri_of(leaf).encode())
    ] == [(bool(each.entries), each.accepted is not None, each.stored is not None) for each in seen]


def test_the_object_knows_best_when_it_was_received():
    """Of several times, that of the object counts, then that of the log."""
    late = entry().received.replace(hour=23)
    at_seven = accepted(moment=late.replace(hour=7))
    at_eight = stored(received=late.replace(hour=8))
    hours = [
        next(merge_sightings(ROOT, [entry()], *rest)).received.hour
        for rest in (([], []), ([at_seven], []), ([at_seven], [at_eight]))
    ]

    assert [12, 7, 8] == hours


def test_where_it_is():
    """An object is of the day that its name says."""
    (seen,) = merge_sightings(ROOT, [], [], [stored(category="cold")])

    assert Day("2026-03-01", "testing", "cold") == seen.day


def test_other_buckets():
    """Rows of another bucket's objects are none of this one."""
    assert [] == list(merge_sightings("gs://other/", [entry()], [], []))


def test_out_of_order():
    """A stream in another order is an error, not a heap of false findings."""
    entries = [entry("b"), entry("a")]

    with pytest.raises(OutOfOrder, match=r"/a comes after gs://b/.*/b$"):
        list(merge_sightings(ROOT, entries, [], []))


def test_nothing_is_read_ahead():
    """Streams are read as they are needed: they may be longer than memory."""
    numbers = itertools.count()
    endless = (stored(f"{number:09}") for number in numbers)
    list(itertools.islice(merge_sightings(ROOT, [], [], endless), 5))

    assert 7 >= next(numbers)


class TestCounts:
    def test_the_log_counts(self):
        """Where there is a log line, an object must have the events that were accepted."""
        assert 3 == sighting(stored=stored(count=5), accepted=accepted()).event_count

    def test_less_what_was_forgotten(self):
        """Events that were taken out of an object are no longer due."""
        rewritten = stored(count=1, metadata={"forgotten_count": "2"})

        assert 1 == sighting(stored=rewritten, accepted=accepted()).event_count

    def test_without_a_log(self):
        """Without a log line, the object is taken at its word."""
        assert [5, None] == [sighting(stored=stored(count=n)).event_count for n in (5, None)]

    @pytest.mark.parametrize(
        ("known", "dead_lettered"),
        [
            ({}, 0),
            ({"entry": entry(loaded=1, dead_lettered=2)}, 2),
            ({"entry": entry(loaded=0, lettered_as_whole=3), "stored": stored()}, 3),
            ({"entry": entry(loaded=3, lettered_as_whole=3), "stored": stored()}, 0),
            ({"entry": entry(loaded=0, lettered_as_whole=1), "stored": stored(count=None)}, 1),
        ],
        ids=["nothing", "lines", "whole", "replayed", "unknown number"],
    )
    def test_dead_lettered(self, known, dead_lettered):
        """A letter of the whole object stands for all events that have no row."""
        assert dead_lettered == sighting(**known).dead_lettered


def test_rows_of_another_layout():
    """Rows whose object could not be of this layout are seen, too: by their own columns."""
    foreign = {name: getattr(entry(), name) for name in LedgerEntry.__slots__}
    foreign |= {"gcs_uri": f"{ROOT}elsewhere", "event_ds": None}
    (seen,) = merge_sightings(ROOT, [LedgerEntry(**foreign)], [], [])

    assert (f"{ROOT}elsewhere", Day("None", "testing", "function")) == (seen.uri, seen.day)
