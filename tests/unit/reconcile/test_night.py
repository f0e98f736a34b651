"""night: each night the bucket is listed once, and what lacks rows is named."""

import heapq
import json
from bisect import bisect_left
from collections import deque
from datetime import date, timedelta
from itertools import count

import pytest
from stored import LAST_DAY, NOW, make_stored

from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile import night
from analytics_pipeline.reconcile.night import NightlyCheck
from analytics_pipeline.reconcile.ports import ListedPage, OutOfTime

NIGHT = NOW.date()
PAGE_SECONDS = 0.2
WORKERS = 32


class Bucket:
    """Lists its objects side by side (StretchLister), on a clock of its own, in seconds."""

    def __init__(self, *stored, page=1000):
        self.stored = sorted(stored, key=lambda each: each.ref.name)
        self.page = page
        self.clock = 0.0
        self.failing = set()  # environments
        self.listed = []  # labels, a page each

    def environments(self, is_over):
        found = {each.place.partition.analytics_environment for each in self.stored}
        self.clock += PAGE_SECONDS * (1 + len(found) // 1000)
        if is_over():
            raise OutOfTime("environments")
        return sorted(found)

    def pages(self, stretches, most_pages, is_over):
        names = [each.ref.name for each in self.stored]
        waiting = deque((each, 1, bisect_left(names, each.start)) for each in stretches)
        running, ticket = [], count()

        def begin(stretch, number, at):
            heapq.heappush(running, (self.clock + PAGE_SECONDS, next(ticket), stretch, number, at))

        while True:
            while waiting and len(running) < WORKERS and not is_over():
                begin(*waiting.popleft())
            if not running:
                return
            self.clock, _, stretch, number, at = heapq.heappop(running)
            self.listed.append(stretch.label)
            if any(f"analytics_environment={name}/" in stretch.label for name in self.failing):
                yield ListedPage(stretch, number, [], failure="HTTP 503")
                continue
            end = bisect_left(names, stretch.end)
            objects = self.stored[at : min(at + self.page, end)]
            is_last = at + self.page >= end
            if not is_last and number < most_pages and not is_over():
                begin(stretch, number + 1, at + self.page)
            yield ListedPage(stretch, number, objects, is_last)


class Store:
    """Keeps what is listed (ListingStore); `loaded` are the objects that have rows."""

    def __init__(self):
        self.kept, self.names, self.asked = {}, {}, []
        self.loaded = set()
        self.failures = {}

    def reached(self, night):
        self._fail("reached")
        return dict(self.names.get(night, ()))

    def save(self, night, pages):
        for page in pages:
            self.kept.setdefault(night, []).extend(page.objects)
            names = self.names.setdefault(night, {})
            if page.is_last:
                names[page.stretch.label] = None
            elif page.objects:
                names[page.stretch.label] = page.objects[-1].ref.name
        self._fail("save")

    def lacking(self, night, selection):
        self.asked.append(selection)
        self._fail("lacking")
        kept = {each.ref.name: each.ref for each in self.kept.get(night, ())}
        yield from (ref for name, ref in sorted(kept.items()) if ref not in self.loaded)

    def _fail(self, what):
        if what in self.failures:
            raise self.failures[what]


@pytest.fixture(name="store")
def _store():
    return Store()


def look(bucket, store, seconds=1e9, night=NIGHT, selection=LAST_DAY):
    """Look once; returns the names that lack rows, and how it ended."""
    until = bucket.clock + seconds
    found = []
    try:
        refs = NightlyCheck(bucket, store).lacking(night, selection, lambda: bucket.clock >= until)
        found.extend(refs)
    except (OutOfTime, TransientError) as exc:
        return found, type(exc)
    return found, None


def objects_of(environment, number, **options):
    """Return that many objects of an environment, in different sessions."""
    return [
        make_stored(f"{index:05}", environment=environment, **options) for index in range(number)
    ]


def test_lacking(store):
    """What was listed and has no rows is named, whoever wrote it; what has rows is not."""
    loaded, own, foreign = make_stored("1"), make_stored("2"), make_stored("3", event_count=None)
    store.loaded.add(loaded.ref)

    assert ([own.ref, foreign.ref], None) == look(Bucket(loaded, own, foreign), store)
    assert [LAST_DAY] == store.asked


@pytest.mark.parametrize(
    "stored",
    [
        make_stored(age=timedelta(days=2)),
        make_stored(age=timedelta(0)),
        make_stored(received_timestamp=str((NOW - timedelta(days=2)).timestamp())),
        make_stored(rewritten_at="2026-03-01T00:00:00Z"),
        make_stored(day="2026-03-02"),
        make_stored(day="2026-02-27"),
        make_stored(category="cold"),
    ],
    ids=["before", "not-settled", "late", "rewritten", "tomorrow", "long-ago", "another-category"],
)
def test_what_is_left_out(store, stored):
    """Objects received outside of the time selected, rewritten ones and other days are not kept."""
    assert ([], None) == look(Bucket(stored), store)
    assert [] == store.kept.get(NIGHT, [])


def test_an_environment_of_many_objects(store, monkeypatch):
    """Where there is more than some pages, the rest is listed in parts; nothing is left out."""
    monkeypatch.setattr(night, "_PAGES_OF_A_WHOLE", 2)
    stored = [
        *objects_of("large", 9),
        *objects_of("large", 9, day="2026-02-28"),
        *objects_of("small", 2),
    ]
    bucket = Bucket(*stored, page=2)

    found, end = look(bucket, store)

    assert ({each.ref for each in stored}, None) == (set(found), end)
    parts = {label for label in bucket.listed if "event_ds=" in label}
    assert parts
    assert [] == [label for label in parts if "=small/" in label]


def test_parts_that_were_seen(store, monkeypatch):
    """Parts before the last name that was seen are not listed again; one that holds it is."""
    days = ("2026-02-28", "2026-03-01")
    monkeypatch.setattr(night, "_PAGES_OF_A_WHOLE", 2)
    stored = [make_stored(f"{index}", day=day, session="d") for day in days for index in range(4)]
    bucket = Bucket(*stored, page=3)

    look(bucket, store)

    listed = [label for label in bucket.listed if "event_ds=" in label]
    thirds = [f"event_ds=2026-03-01/event_time={third}" for third in ("0-8/", "16-24/", "8-16/c")]
    assert [0, 0, 1] == [len({each for each in listed if third in each}) for third in thirds]


def test_pages_without_objects(store, monkeypatch):
    """Pages that hold nothing to load say nothing of what is behind them."""
    monkeypatch.setattr(night, "_PAGES_OF_A_WHOLE", 1)
    stored = objects_of("e", 3)
    bucket = Bucket(*stored, page=2)
    pages = bucket.pages

    def without_first(*arguments):
        for index, page in enumerate(pages(*arguments)):
            yield ListedPage(page.stretch, page.number, [], page.is_last) if not index else page

    bucket.pages = without_first

    assert ({each.ref for each in stored}, None) == (set(look(bucket, store)[0]), None)


def test_time_that_ends(store):
    """What was listed in time is compared, and the next call of the night lists but the rest."""
    stored = [make_stored("1", environment=f"e{number}") for number in range(100)]
    bucket = Bucket(*stored)

    found, end = look(bucket, store, seconds=2 * PAGE_SECONDS)

    assert (WORKERS, OutOfTime) == (len(found), end)
    bucket.listed.clear()
    assert ({each.ref for each in stored}, None) == (set(look(bucket, store)[0]), None)
    assert 100 - WORKERS == len(bucket.listed)
    bucket.listed.clear()
    look(bucket, store)
    assert [] == bucket.listed


def test_time_that_ends_within_an_environment(store, monkeypatch):
    """A call that ends among the parts of an environment leaves the others to the next one."""
    monkeypatch.setattr(night, "_PAGES_OF_A_WHOLE", 1)
    stored = [
        make_stored(f"{index}", environment="e", session=session)
        for session in ("0", "5", "9", "d")
        for index in range(9)
    ]
    bucket = Bucket(*stored, page=1)

    ends = []
    while len(ends) < 9 and None not in ends:
        found, end = look(bucket, store, seconds=6 * PAGE_SECONDS)
        ends.append(end)

    assert ({each.ref for each in stored}, None) == (set(found), ends[-1])
    assert len(ends) > 1


def test_time_that_is_over_at_once(store):
    """A call without time lists nothing and leaves everything to the next one."""
    bucket = Bucket(make_stored())

    assert ([], OutOfTime) == look(bucket, store, seconds=0)
    assert [] == bucket.listed


def test_each_night_begins_elsewhere(store):
    """No environment comes last every night."""
    stored = [make_stored("1", environment=f"e{number}") for number in range(200)]

    firsts = set()
    for day in range(1, 9):
        bucket = Bucket(*stored)
        look(bucket, store, night=date(2026, 3, day), seconds=2 * PAGE_SECONDS)
        firsts.update(bucket.listed)

    assert len(firsts) > 3 * WORKERS


def test_failure_of_one_environment(store, capsys):
    """A listing that fails is on record, in nobody's way, and tried again by the next call."""
    stored = [make_stored("1", environment=name) for name in ("a", "b", "c")]
    bucket = Bucket(*stored)
    bucket.failing.add("b")

    found, end = look(bucket, store)

    assert ([stored[0].ref, stored[2].ref], TransientError) == (found, end)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert ("reconcile_failed", "HTTP 503") == (line["event"], line["error"])
    assert "analytics_environment=b/" in line["prefix"]
    bucket.failing.clear()
    assert (3, None) == (len(look(bucket, store)[0]), None)


@pytest.mark.parametrize("what", ["reached", "save", "lacking"])
def test_failure_of_the_store(store, what):
    """Without BigQuery there is nothing to compare with: a reason to come back."""
    store.failures[what] = TransientError("later")

    assert ([], TransientError) == look(Bucket(make_stored()), store)


def test_a_hundred_objects_a_second(store):
    """A day of 8.64 million objects beside 20,000 made-up environments is listed in 12 minutes."""
    pages = [
        make_stored(f"{index:05}", environment="busy", day=day, third=third, session=session)
        for day, share in (("2026-02-28", 0.9), ("2026-03-01", 0.1))
        for third, weight in (("0-8", 0.2), ("8-16", 0.3), ("16-24", 0.5))
        for session in "0123456789abcdef"
        for index in range(round(8640 * share * weight / 16))
    ]
    made_up = [make_stored("1", environment=f"made-up-{number}") for number in range(20_000)]
    bucket = Bucket(*pages, *made_up, page=1)

    found, end = look(bucket, store)

    assert (len(pages) + len(made_up), None) == (len(found), end)
    assert bucket.clock < 12 * 60
