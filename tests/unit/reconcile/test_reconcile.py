"""reconcile: a scheduled call, what it looks at, when it stops, and what it answers."""

import json
from datetime import timedelta

import pytest
from stored import NOW

from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile import reconcile
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.reconcile.shortfalls import OutOfTime
from analytics_pipeline.stored_objects import Day, Selection

ONE = RepairCounts(objects=1, rows=4, load_jobs=1)


class Finder:
    """Finds a shortfall on each of so many days, and remembers what it was asked."""

    def __init__(self, days=0):
        self.count = days
        self.failures = {}
        self.asked = []
        self.nearby_only = False
        self.found = []

    def days(self, selection, *, nearby_only):
        self.asked.append(selection)
        self.nearby_only = nearby_only
        if "all" in self.failures:
            raise self.failures["all"]
        return [Day(f"2026-02-{day:02}", "testing", "function") for day in range(1, self.count + 1)]

    def find(self, day, _selection, is_over):
        if day.event_ds in self.failures:
            raise self.failures[day.event_ds]
        self.found.append(day.event_ds)
        yield day
        if is_over():
            raise OutOfTime(day.event_ds)


class Repairs:
    """Repairs every shortfall as it is told: by one load job, unless it is told else."""

    def __init__(self, *done):
        self.done = done or (ONE,)

    def repair(self, _shortfall):
        yield from self.done


class Sweeper:
    """Removes three rows, or fails."""

    def __init__(self):
        self.asked = []
        self.failure = None

    def remove(self, selection):
        self.asked.append(selection)
        if self.failure:
            raise self.failure
        return 3


@pytest.fixture(name="finder")
def _finder():
    return Finder()


@pytest.fixture(name="sweeper")
def _sweeper():
    return Sweeper()


@pytest.fixture(name="call")
def _call(finder, sweeper, capsys):
    """Call once; returns the answer, its status and the events that were logged."""

    def call(body=b"", repairs=None):
        run = Reconcile(finder, repairs or Repairs(), sweeper, lambda: NOW)
        answer, status = run.handle(body)
        logged = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
        return answer, status, logged

    return call


def test_nothing_to_do(call, finder):
    """A run that finds nothing is logged, too: its absence would be an alarm."""
    answer, status, logged = call()

    counts = ("objects", "rows", "dead_letters", "load_jobs", "failed")
    assert ({"finished": True, **dict.fromkeys(counts, 0)}, 200) == (answer, status)
    assert ["objects_reconciled"] == logged
    expected = Selection(NOW - timedelta(days=8), NOW - timedelta(minutes=15))
    assert [expected] == finder.asked


def test_repairs(call, finder):
    """What was done adds up over all days."""
    finder.count = 3

    answer, _, logged = call()

    assert (3, 12, 3, True) == tuple(
        answer[name] for name in ("objects", "rows", "load_jobs", "finished")
    )
    assert ["objects_reconciled"] == logged


def test_schedule(call, finder):
    """The body says how far back to look, how long delivery is waited for, and which days."""
    call(b'{"days": 2, "settle_minutes": 0, "nearby_only": true}')

    assert [Selection(NOW - timedelta(days=2), NOW)] == finder.asked
    assert finder.nearby_only


@pytest.mark.parametrize("body", [b"x", b"[]", b'{"days": 0}', b'{"dayz": 1}', b'{"days": "2"}'])
def test_wrong_body(call, finder, body):
    """A body that is not understood is refused, and nothing is done."""
    answer, status, logged = call(body)

    assert (400, 400, "invalid_body") == (status, answer["code"], answer["reason"])
    assert ([], []) == (finder.asked, logged)


@pytest.mark.parametrize("where", ["all", "2026-02-02"])
def test_failure(call, finder, where):
    """A failure that may pass asks to be called again, and tells nothing of the inside."""
    finder.count = 2
    finder.failures[where] = TransientError("secret detail")

    answer, status, logged = call()

    assert (503, 503, "unfinished") == (status, answer["code"], answer["reason"])
    assert ["reconcile_failed", "reconcile_unfinished"] == logged
    assert "secret" not in json.dumps(answer)


def test_failure_of_one_day(call, finder):
    """A day that fails is in no way of the others."""
    finder.count = 3
    finder.failures["2026-02-01"] = TransientError("later")

    answer, _, _ = call()

    assert ["2026-02-02", "2026-02-03"] == finder.found
    assert (2, 8) == (answer["objects"], answer["rows"])


def test_failure_of_one_object(call, finder):
    """A run in which an object failed is not finished, and says so."""
    finder.count = 1

    answer, status, logged = call(repairs=Repairs(ONE, RepairCounts(failed=1)))

    assert (503, 1, 4) == (status, answer["failed"], answer["rows"])
    assert ["reconcile_unfinished"] == logged


def test_share_of_load_jobs(call, finder, monkeypatch):
    """A run ends when its share of load jobs is used up, and says so."""
    monkeypatch.setattr(reconcile, "MAX_LOAD_JOBS_PER_RUN", 2)
    finder.count = 5

    answer, status, logged = call()

    assert (503, 2, "unfinished") == (status, answer["load_jobs"], answer["reason"])
    assert ["reconcile_unfinished"] == logged


@pytest.mark.parametrize(("done", "load_jobs"), [((ONE, ONE), 1), ((RepairCounts(),), 0)])
def test_share_of_time(call, finder, done, load_jobs):
    """A run whose time is over begins no further job or day, whether or not there is work to do."""
    finder.count = 5

    answer, status, _ = call(b'{"budget_minutes": 0}', Repairs(*done))

    assert (503, load_jobs) == (status, answer["load_jobs"])
    assert ["2026-02-01"] == finder.found


def test_time_that_ends_within_a_day(call, finder):
    """Time that is over while a day is looked at ends the run."""
    finder.count = 2

    class Nothing:
        def repair(self, _shortfall):
            yield from ()

    _, status, _ = call(b'{"budget_minutes": 0}', Nothing())

    assert (503, ["2026-02-01"]) == (status, finder.found)


def test_time_that_ends_with_a_day(call, finder, monkeypatch):
    """Time that is over when nothing of a day was found ends the run as well."""
    finder.count = 2
    monkeypatch.setattr(finder, "find", lambda day, *_: finder.found.append(day.event_ds) or [])

    _, status, _ = call(b'{"budget_minutes": 0}')

    assert (503, ["2026-02-01"]) == (status, finder.found)


def test_repeated_events(call, sweeper):
    """Where the schedule says so, later copies of repeated events go first."""
    assert ["objects_reconciled"] == call()[2]
    assert [] == sweeper.asked

    assert ["rows_repeated_removed", "objects_reconciled"] == call(b'{"remove_repeated": true}')[2]
    assert 1 == len(sweeper.asked)


def test_repeated_events_that_stay(call, sweeper, finder):
    """Copies that cannot be removed now are no reason to repair nothing."""
    sweeper.failure = TransientError("later")
    finder.count = 1

    answer, status, _ = call(b'{"remove_repeated": true}')

    assert (503, 1) == (status, answer["objects"])


def test_quota():
    """The day's runs leave BigQuery's quota of load jobs room for people's commands."""
    assert 49 * reconcile.MAX_LOAD_JOBS_PER_RUN + 400 <= 1500
