"""reconcile: a scheduled call, what it looks at, when it stops, and what it answers."""

import json
from datetime import timedelta

import pytest
from stored import NOW

from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile import reconcile
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repairs import Repair
from analytics_pipeline.stored_objects import Selection

ONE = Repair(objects=1, rows=4, dead_letters=0, load_jobs=1)


class Finder:
    """Finds as many shortfalls as it is told, and remembers what it was asked."""

    def __init__(self, shortfalls=0):
        self.shortfalls = shortfalls
        self.failure = None
        self.asked = []
        self.yielded = 0
        self.nearby_only = False

    def find(self, selection, *, nearby_only):
        self.asked.append(selection)
        self.nearby_only = nearby_only
        if self.failure:
            raise self.failure
        for number in range(self.shortfalls):
            self.yielded += 1
            yield number


class NoRepairs:
    """Finds nothing to repair."""

    def repair(self, _shortfall):
        yield from ()


class Repairs:
    """Repairs every shortfall by one load job."""

    def repair(self, _shortfall):
        yield ONE


@pytest.fixture(name="finder")
def _finder():
    return Finder()


@pytest.fixture(name="call")
def _call(finder, capsys):
    """Call once; returns the answer, its status and the event that was logged."""

    def call(body=b""):
        answer, status = Reconcile(finder, Repairs(), lambda: NOW).handle(body)
        logged = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
        return answer, status, logged

    return call


def test_nothing_to_do(call, finder):
    """A run that finds nothing is logged, too: its absence would be an alarm."""
    answer, status, logged = call()

    assert (
        {"finished": True, "objects": 0, "rows": 0, "dead_letters": 0, "load_jobs": 0},
        200,
    ) == (
        answer,
        status,
    )
    assert ["objects_reconciled"] == logged
    expected = Selection(NOW - timedelta(days=8), NOW - timedelta(minutes=15))
    assert [expected] == finder.asked


def test_repairs(call, finder):
    """What was done adds up over all days."""
    finder.shortfalls = 3

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


def test_failure(call, finder):
    """A failure that may pass asks to be called again, and tells nothing of the inside."""
    finder.failure = TransientError("secret detail")

    answer, status, logged = call()

    assert (503, ["reconcile_failed"]) == (status, logged)
    assert "secret" not in json.dumps(answer)


def test_failure_after_some_work(finder, capsys):
    """What was done before a failure is in the log."""

    class FailingRepairs:
        def repair(self, number):
            yield ONE
            if number == 1:
                raise TransientError("later")

    finder.shortfalls = 5

    Reconcile(finder, FailingRepairs(), lambda: NOW).handle(b"")

    line = json.loads(capsys.readouterr().out)
    assert ("reconcile_failed", 2, 8) == (line["event"], line["objects"], line["rows"])


def test_share_of_load_jobs(call, finder, monkeypatch):
    """A run ends when its share of load jobs is used up, and says so."""
    monkeypatch.setattr(reconcile, "MAX_LOAD_JOBS_PER_RUN", 2)
    finder.shortfalls = 5

    answer, status, logged = call()

    assert (200, 2, False) == (status, answer["load_jobs"], answer["finished"])
    assert ["reconcile_unfinished"] == logged


@pytest.mark.parametrize(("repairs", "load_jobs"), [(Repairs, 1), (NoRepairs, 0)])
def test_share_of_time(finder, repairs, load_jobs):
    """A run whose time is over begins no further day, whether or not there is work to do."""
    finder.shortfalls = 5

    answer, status = Reconcile(finder, repairs(), lambda: NOW).handle(b'{"budget_minutes": 0}')

    assert (200, load_jobs, False) == (status, answer["load_jobs"], answer["finished"])
    assert 1 == finder.yielded


def test_quota():
    """The day's runs leave BigQuery's quota of load jobs room for people's commands."""
    assert 49 * reconcile.MAX_LOAD_JOBS_PER_RUN + 400 <= 1500
