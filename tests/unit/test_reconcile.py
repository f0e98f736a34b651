"""reconcile: a scheduled call, what it looks at, when it stops, and what it answers."""

import json
from datetime import timedelta

import pytest
from stored import NOW

from analytics_pipeline import reconcile
from analytics_pipeline.errors import TransientError
from analytics_pipeline.reconcile import Reconcile
from analytics_pipeline.repairs import Repair
from analytics_pipeline.stored_objects import Selection

ONE = Repair(objects=1, rows=4, dead_letters=0, load_jobs=1)


class Finder:
    """Finds as many shortfalls as it is told, and remembers what it was asked."""

    def __init__(self, shortfalls=0):
        self.shortfalls = shortfalls
        self.failure = None
        self.asked = []

    def find(self, selection):
        self.asked.append(selection)
        if self.failure:
            raise self.failure
        yield from range(self.shortfalls)


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
    """The body says how far back to look, and how long delivery is waited for."""
    call(b'{"days": 2, "settle_minutes": 0}')

    assert [Selection(NOW - timedelta(days=2), NOW)] == finder.asked


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


@pytest.mark.parametrize(
    ("limit", "value", "expected"),
    [("MAX_LOAD_JOBS_PER_RUN", 2, 2), ("TIME_BUDGET_SECONDS", -1.0, 1)],
)
def test_budget(call, finder, monkeypatch, limit, value, expected):
    """A run ends when its share of load jobs or time is used up, and says so."""
    monkeypatch.setattr(reconcile, limit, value)
    finder.shortfalls = 5

    answer, status, logged = call()

    assert (200, expected, False) == (status, answer["load_jobs"], answer["finished"])
    assert ["reconcile_unfinished"] == logged


def test_quota():
    """Two runs an hour leave BigQuery's daily quota of load jobs room for people's commands."""
    assert 48 * reconcile.MAX_LOAD_JOBS_PER_RUN + 400 <= 1500
