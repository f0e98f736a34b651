"""What a test writes → what the pipeline is asked."""

import json
from datetime import date

import pytest

from analytics_local_cloud.faults.fault_kinds import read_faults as read_known
from analytics_testing import fault_words, like
from analytics_testing.wanted_values import wanted


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        (3, 3),
        (None, None),
        ([1, "a"], [1, "a"]),
        ({"a": 1}, {"is": {"a": 1}}),
        (int, {"type": "int"}),
        (str, {"type": "string"}),
        (type(None), {"type": "null"}),
        (like("a*"), {"like": "a*"}),
    ],
)
def test_values(value, asked):
    """A value is itself, an object is told from a condition, a type and a pattern are those."""
    assert asked == wanted("x", value)


@pytest.mark.parametrize("value", [date(2026, 1, 1), set, {1}, b"x"])
def test_no_values(value):
    """What is no JSON is refused, with the field and what is known."""
    with pytest.raises(TypeError, match=r"^level=.* is no value of JSON, none of the types int, "):
        wanted("level", value)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("gateway_503", {"do": "status", "at": "gateway", "code": 503, "path": "/v1/"}),
        ("storage_429", {"do": "status", "at": "storage", "code": 429}),
        ("warehouse_500", {"do": "status", "at": "warehouse", "code": 500}),
        ("lost_answers", {"do": "reset", "at": "gateway", "when": "after"}),
        ("lost_requests", {"do": "reset", "at": "gateway"}),
        ("lost_deliveries", {"do": "drop", "at": "events", "what": "delivery"}),
        ("deliver_twice", {"do": "duplicate", "at": "events"}),
        ("any_order", {"do": "reorder", "at": "events"}),
    ],
)
def test_faults(word, told):
    """A word is a fault that the local cloud knows, as probable as it is said."""
    (fault,) = fault_words.read_faults({word: 0.25}, "mine")

    assert told.items() <= fault.items()
    assert 0.25 == fault["probability"]
    encoded = {"faults": [fault]}
    assert 1 == len(read_known(json.dumps(encoded).encode()))


def test_deliveries_of_the_environment():
    """What hits deliveries hits those of the test alone."""
    (fault,) = fault_words.read_faults({"deliver_twice": True}, "mine")

    assert "data_type=json/analytics_environment=mine/" == fault["path"]
    assert 1.0 == fault["probability"]


def test_slow():
    """Of `slow`, the number is seconds."""
    assert 1.5 == fault_words.read_faults({"slow": 1.5}, "mine")[0]["seconds"]


@pytest.mark.parametrize("word", ["gateway_200", "disk_503", "lost", "gateway"])
def test_unknown_faults(word):
    """Another word is refused with those that are known."""
    with pytest.raises(TypeError, match=f"no fault {word}; known are gateway_503 .*lost_answers"):
        fault_words.read_faults({word: True}, "mine")
