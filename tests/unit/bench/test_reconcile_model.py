"""Nights of `reconcile` go by in no time: what they take follows from pages and queries."""

import json
import re

import pytest

from analytics_bench.simulation.reconcile_model import FREQUENT, NIGHTLY, simulate
from checkout import ROOT


@pytest.mark.parametrize("per_second", [0.2, 7, 100])
def test_frequent(per_second):
    """A frequent run takes as long at any rate, and loads what was lost an hour ago."""
    outcome = simulate(per_second, FREQUENT)

    assert outcome.finished
    assert {"hour"} == outcome.repaired
    assert outcome.seconds == simulate(1, FREQUENT).seconds < 120


@pytest.mark.parametrize("per_second", [0.2, 50])
def test_nightly(per_second):
    """A night loads what was lost a week ago, and what no log line tells of."""
    outcome = simulate(per_second, NIGHTLY)

    assert outcome.finished
    assert {"hour", "week", "unseen"} == outcome.repaired


def test_a_night_that_lists():
    """A night takes longer where there is more to list: 50 objects a second have 4,320 pages."""
    quiet, busy = simulate(1, NIGHTLY), simulate(50, NIGHTLY)

    assert quiet.seconds + 4_320 * 0.2 / 16 < busy.seconds


def test_without_listing():
    """Without a look at the bucket, what no log line tells of is not found: the model can fail."""
    outcome = simulate(1, {**NIGHTLY, "list_bucket": False})

    assert {"hour", "week"} == outcome.repaired


def test_out_of_time():
    """A night that may take no time does not end."""
    assert not simulate(1, {**NIGHTLY, "budget_minutes": 0}).finished


def test_schedules():
    """The runs are those that are deployed."""
    terraform = (ROOT / "terraform" / "reconcile_schedule.tf").read_text()
    bodies = re.findall(r"(?:body|_recent)\s*= \{(.*?)\}", terraform)
    deployed = [json.loads("{" + re.sub(r"(\w+) =", r'"\1":', body) + "}") for body in bodies]

    assert [FREQUENT, NIGHTLY] == deployed
