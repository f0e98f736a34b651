"""retention: an object that is gone by the bucket's rules is told from one that is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.exceptions import Forbidden

from analytics_commands.audit.retention import Retention, read_retention

NAME = "data_type=json/analytics_environment=e/o.ndjson"
CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rule(kind="Delete", **condition):
    """Return a lifecycle rule."""
    return {"action": {"type": kind}, "condition": condition}


def deletes(*rules, days=30, name=NAME):
    """Return whether the rules have deleted an object of that age."""
    return Retention.of(rules).has_deleted(name, CREATED, CREATED + timedelta(days=days))


class FakeBucket:
    """A bucket with rules, or one whose resource may not be read."""

    def __init__(self, *rules, error=None):
        self.lifecycle_rules = rules
        self._error = error

    def reload(self):
        """Read the bucket's resource."""
        if self._error:
            raise self._error


@pytest.mark.parametrize(("days", "is_gone"), [(29.99, False), (30, True), (400, True)])
def test_age(days, is_gone):
    """An object is gone from the day on at which the rule deletes it."""
    assert is_gone is deletes(rule(age=30), days=days)


def test_the_shortest():
    """Of several rules the first to apply has deleted it."""
    assert deletes(rule(age=90), rule(age=30))


@pytest.mark.parametrize(
    ("condition", "is_gone"),
    [
        ({"matchesPrefix": ["data_type=file/", "data_type=json/"]}, True),
        ({"matchesPrefix": ["data_type=file/"]}, False),
        ({"matchesSuffix": [".ndjson"]}, True),
        ({"matchesSuffix": [".gz"]}, False),
        ({"createdBefore": "2026-03-02"}, True),
        ({"createdBefore": "2026-03-01"}, False),
        ({"isLive": True}, True),
        ({"isLive": False}, False),
        ({"numNewerVersions": 1}, False),
        ({"matchesStorageClass": ["STANDARD"]}, False),
    ],
    ids=str,
)
def test_conditions(condition, is_gone):
    """All conditions must hold; what nobody can check of a gone object does not count as held."""
    assert is_gone is deletes(rule(age=1, **condition))


def test_other_actions():
    """A rule that moves objects deletes none."""
    assert not deletes(rule("SetStorageClass", age=1))


def test_no_rules():
    """Without rules, nothing expires."""
    assert not deletes(days=10_000)


def test_read():
    """The rules are those of the bucket."""
    said = []

    assert Retention.of([rule(age=3)]) == read_retention(FakeBucket(rule(age=3)), said.append)
    assert [] == said


def test_not_allowed_to_read():
    """Who may not read the rules is told, and nothing passes for expired."""
    said = []

    assert Retention() == read_retention(FakeBucket(error=Forbidden("no")), said.append)
    assert 1 == len(said)
    assert "storage.buckets.get" in said[0]
