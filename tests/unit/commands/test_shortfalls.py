"""shortfalls: which objects lack rows, by comparing two sorted streams."""

from datetime import timedelta

import pytest
from fakes import FakeLedger, FakeLister
from hypothesis import given
from hypothesis import strategies as st
from stored import LAST_DAY, NOW, make_entry, make_stored

from analytics_commands.foundation.accounts import shortfalls
from analytics_commands.foundation.accounts.shortfalls import ShortfallFinder
from analytics_pipeline.stored_objects import Day


def find(stored, entries=(), selection=LAST_DAY, **options):
    """Return the days on which rows of these objects are lacking."""
    ledger = options.pop("ledger", FakeLedger(*entries))
    finder = ShortfallFinder(FakeLister(*stored), ledger, lambda: NOW)
    return [
        each
        for day in finder.days(selection, **options)
        for each in finder.find(day, selection)
        if each.objects
    ]


def test_nothing_lacks():
    """Objects of which all events are loaded or dead-lettered are left alone."""
    first, second = make_stored("1"), make_stored("2")

    assert [] == find([first, second], [make_entry(first), make_entry(second, 3, dead_lettered=1)])


def test_undelivered():
    """An object that BigQuery knows nothing of lacks all its events."""
    known, unknown = make_stored("1"), make_stored("2")

    (shortfall,) = find([known, unknown], [make_entry(known)])

    assert [unknown] == shortfall.objects
    assert 4 == shortfall.missing_events
    assert (Day("2026-03-01", "testing", "function"), NOW) == (shortfall.day, shortfall.seen_at)


def test_half_loaded():
    """An object of which some events are loaded lacks the others."""
    stored = make_stored()

    (shortfall,) = find([stored], [make_entry(stored, 3)])

    assert ([stored], 1) == (shortfall.objects, shortfall.missing_events)


def test_another_writers_object():
    """Where no number of events is known, having any row is enough, having none is not."""
    loaded, unloaded = (make_stored(leaf, event_count=None) for leaf in "12")

    (shortfall,) = find([loaded, unloaded], [make_entry(loaded, 2)])

    assert ([unloaded], 1) == (shortfall.objects, shortfall.missing_events)


def test_empty_object():
    """An object without any content lacks nothing, whoever wrote it."""
    assert [] == find([make_stored(event_count=None, size=0), make_stored("2", event_count="0")])


def test_outside_the_selection():
    """Objects received before or after, and rewritten ones, are not looked at."""
    stored = [
        make_stored("1", age=timedelta(days=2)),
        make_stored("2", age=timedelta(0)),
        make_stored("3", rewritten_at="2026-03-01T00:00:00Z"),
    ]
    ledger = FakeLedger()

    assert [] == find(stored, ledger=ledger)
    assert [] == ledger.asked


def test_only_the_days_needed_are_read():
    """BigQuery is asked about the time in which a day's objects were received, and no more."""
    stored = [
        make_stored(leaf, received_timestamp=str((NOW - timedelta(hours=hours)).timestamp()))
        for leaf, hours in (("1", 2), ("2", 5), ("3", 3))
    ]
    ledger = FakeLedger()

    find(stored, ledger=ledger)

    (asked,) = ledger.asked
    selection, event_ds, slack = asked
    assert (NOW - timedelta(hours=5), NOW - timedelta(hours=2)) == (
        selection.since,
        selection.until,
    )
    assert ("testing", "function") == (
        selection.analytics_environment,
        selection.event_category,
    )
    assert ("2026-03-01", timedelta(0)) == (event_ds, slack)


@pytest.mark.parametrize(("count", "expected"), [(5, [2, 2, 1]), (4, [2, 2, 0]), (0, [0])])
def test_portions(monkeypatch, count, expected):
    """A day comes in portions that fit into memory, and a day without any is a place to stop."""
    monkeypatch.setattr(shortfalls, "MAX_OBJECTS", 2)
    whole = make_stored("loaded")
    stored = [whole, *(make_stored(str(leaf)) for leaf in range(count))]
    finder = ShortfallFinder(FakeLister(*stored), FakeLedger(make_entry(whole)), lambda: NOW)

    (day,) = finder.days(LAST_DAY)
    found = list(finder.find(day, LAST_DAY))

    assert expected == [len(each.objects) for each in found]
    assert 4 * count == sum(each.missing_events for each in found)
    assert stored[1:] == [stored for each in found for stored in each.objects]


def test_objects_that_do_not_say_when():
    """Rows of such an object are looked for where it was created, and only if need be anywhere."""
    said = make_stored("1", received_timestamp=str((NOW - timedelta(hours=2)).timestamp()))
    silent, lost = make_stored("2"), make_stored("3")
    ledger = FakeLedger(make_entry(said), make_entry(silent))

    assert [] == find([said, silent], ledger=ledger)
    assert [timedelta(0)] == [slack for _, _, slack in ledger.asked]

    ledger.asked.clear()
    (shortfall,) = find([said, silent, lost], ledger=ledger)
    assert [lost] == shortfall.objects
    assert [timedelta(0), timedelta(days=1800)] == [slack for _, _, slack in ledger.asked]


def test_another_generation():
    """What is loaded of another generation of an object is nothing of this one."""
    stored = make_stored()
    others = [make_entry(stored, generation=each) for each in ("4", "6")]

    assert [stored] == find([stored], others)[0].objects
    assert [] == find([stored], [others[0], make_entry(stored), others[1]])


def test_days():
    """Every environment's days are looked at, the nearest first; other categories are not."""
    stored = [
        make_stored(day="2036-02-27", environment="a"),
        make_stored(day="2026-02-26", environment="b"),
        make_stored(day="2026-03-02", environment="c"),
        make_stored(day="2026-02-28", category="cold"),
    ]

    assert ["c", "b", "a"] == [each.day.analytics_environment for each in find(stored)]


def test_another_category():
    """A category that is never streamed is looked at where it is named."""
    selection = LAST_DAY.__class__(LAST_DAY.since, LAST_DAY.until, None, "cold")

    (shortfall,) = find([make_stored(category="cold"), make_stored()], selection=selection)

    assert "cold" == shortfall.day.event_category


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_merge(stored_leaves, loaded_leaves):
    """What lacks rows is exactly what is stored and not loaded, wherever it stands in the order."""
    stored = {leaf: make_stored(str(leaf)) for leaf in range(10)}
    entries = [make_entry(stored[leaf]) for leaf in loaded_leaves]

    found = find([stored[leaf] for leaf in stored_leaves], entries)

    lacking = [stored[leaf] for leaf in sorted(stored_leaves - loaded_leaves)]
    assert lacking == [each for shortfall in found for each in shortfall.objects]


@pytest.mark.parametrize("names", [("a", "ä", "\U0001f600"), ("\uffff", "\U00010000")])
def test_order_beyond_ascii(names):
    """Names are compared in the order in which both services list them."""
    stored = [make_stored(name) for name in names]

    assert [] == find(stored, [make_entry(each) for each in stored])
