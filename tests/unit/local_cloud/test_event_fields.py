"""The fields of an event, from its row or as it was sent, and what may be expected of them."""

import json

import pytest
from msgspec import UNSET

from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import Condition
from analytics_local_cloud.local_api.event_fields import (
    fields_of,
    holds,
    pick,
    tell_found,
    tell_wanted,
    unknown_names,
)


def trace(event, row=None):
    """Return the trace of an event."""
    known = {"kind": "event", "state": "stored", "at": 0.0, "status": 200}
    labels = ("testing", "cold")
    sent = json.dumps(event)
    return Trace(number=1, revision=1, labels=labels, sent=sent, row=row, **known)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("playerId", "ann"),
        ("player_id", "ann"),
        ("level", 3),
        ("extra.level", 3),
        ("a", 1),
        ("event_attributes.a", 1),
        ("eventAttributes", {"a": 1, "b": {"c": 2}}),
        ("b.c", 2),
        ("analytics_environment", "testing"),
        ("b.d", UNSET),
        ("level.x", UNSET),
        ("other", UNSET),
    ],
)
def test_sent(name, value):
    """Before there is a row, fields have the names that they will have, or the client's."""
    event = {"playerId": "ann", "level": 3, "eventAttributes": {"a": 1, "b": {"c": 2}}}

    assert value == pick(fields_of(trace(event)), name)


def test_row():
    """A row's columns count, integers as numbers, and NULL is nothing."""
    row = {"event_index": "7", "player_id": "5", "build_version": None, "extra": {"level": "7"}}
    fields = fields_of(trace({"playerId": 5}, row))

    assert [7, "5", "7", UNSET] == [
        pick(fields, name) for name in ("eventIndex", "playerId", "level", "build_version")
    ]


@pytest.mark.parametrize("sent", ["", "[1]", "\x00", "5", '{"a":'])
def test_no_event(sent):
    """What is no JSON object has the labels of its request alone."""
    odd = trace({})
    odd.sent = sent

    assert {"extra", "analytics_environment", "event_category"} == set(fields_of(odd))


def test_unknown():
    """Unknown are top-level fields of the client's, but not what the row says of itself."""
    assert {"fps"} == unknown_names(trace({"fps": 1, "playerId": "a"}))
    assert {"fps"} == unknown_names(trace({}, {"extra": {"fps": 1, "_adjusted": ["fps"]}}))


@pytest.mark.parametrize(
    ("wanted", "right", "wrong"),
    [
        (3, 3, "3"),
        (1, 1.0, True),
        (False, False, 0),
        (None, None, UNSET),
        ("a", "a", "A"),
        ([1], [1], [1, 2]),
        (Condition(type="int"), 3, 3.5),
        (Condition(type="int"), -1, True),
        (Condition(type="float"), 3, "3"),
        (Condition(type="bool"), True, 1),
        (Condition(type="null"), None, 0),
        (Condition(like="a*c"), "abc", "abx"),
        (Condition(like="*"), "", 3),
        (Condition(type="object", equal={"a": 1}), {"a": 1}, {"a": 2}),
        (Condition(), "anything", UNSET),
    ],
)
def test_holds(wanted, right, wrong):
    """A value and its type are as wanted, or not."""
    assert holds(wanted, right)
    assert not holds(wanted, wrong)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (3, 'x="3" (string, not int)'),
        (Condition(type="float"), 'x="3" (string, not float)'),
        (Condition(like="a*"), 'x="3"'),
        ("4", 'x="3"'),
    ],
)
def test_found(wanted, told):
    """What is there instead is told, and its type where that is wrong."""
    assert told == tell_found("x", wanted, "3")


def test_long():
    """A long value is cut, and told how long it is."""
    assert len(tell_found("x", "", "y" * 10_000)) < 150
    assert tell_found("x", "", "y" * 10_000).endswith("… (10,002 characters)")


def test_wanted():
    """What is wanted is told in words."""
    condition = Condition(type="string", like="a*")
    assert 'x of type string like "a*"' == tell_wanted("x", condition)
    assert 'x={"a": 1}' == tell_wanted("x", Condition(equal={"a": 1}))
