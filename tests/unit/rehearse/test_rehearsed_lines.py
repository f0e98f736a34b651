"""rehearse: lines of two revisions side by side, and what counts as another value."""

import msgspec
import pytest

from analytics_commands.rehearse.differences import Comparer
from analytics_commands.rehearse.pairing import pair
from analytics_commands.rehearse.row_rules import RowRules

SCHEMA = [
    {"name": "event_id", "type": "STRING"},
    {"name": "at", "type": "TIMESTAMP"},
    {"name": "extra", "type": "JSON"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
]


def encoded(words):
    """Return outcomes: `1a` is what becomes of line 1, `-a` of all that have none."""
    return [
        b'{"line":%b,"reason":"%b"}' % (word[:1], word[1:])
        if word[:1] != b"-"
        else b'{"reason":"%b"}' % word[1:]
        for word in words.encode().split()
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("1a 2a", "1a 2a", "1a:1a 2a:2a"),
        ("1a 2a", "1a 2b", "1a:1a 2a:2b"),
        ("1a 3a", "2a 3a", "1a: :2a 3a:3a"),
        ("1a", "1a 2a 3a", "1a:1a :2a :3a"),
        ("1a 2a", "", "1a: 2a:"),
        ("1a 2a 4a", "1a -x", "1a:1a 2a:-x 4a:-x"),
        ("-x", "1a 2a", "-x:1a -x:2a"),
        ("1a -x", "1a 2a -y", "1a:1a -x:2a -x:-y"),
        ("-x", "-y", "-x:-y"),
        ("-x", "-x", "-x:-x"),
        ("-x", "", ""),
        ("", "", ""),
    ],
)
def test_pairs(before, now, expected):
    """Each line comes once, with both; what ends an object stands for the lines it has not."""
    found = pair(iter(encoded(before)), iter(encoded(now)))

    pairs = [side.split(":") for side in expected.split()]
    assert [tuple((encoded(each) or [None])[0] for each in both) for both in pairs] == list(found)


def kinds(before, now):
    """Return the changes between two rows under one schema."""
    rules = RowRules("any", msgspec.json.encode(SCHEMA))
    outcomes = [msgspec.json.encode({"line": 1, "row": row}) for row in (before, now)]
    difference = Comparer(rules, rules).compare(*outcomes)
    return difference and [(change.kind, change.about) for change in difference.changes]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"extra": '{"a":1.50,"b":[1]}'}, {"extra": '{"b": [1], "a": 1.5}'}),
        ({"extra": '{"a":{"x":1,"y":2}}'}, {"extra": '{"a":{"y":2,"x":1}}'}),
        ({"at": "2026-03-01T16:00:00Z"}, {"at": "2026-03-01T17:00:00+01:00"}),
        ({"event_id": None}, {}),
        ({"tags": []}, {}),
        ({"event_id": 7}, {"event_id": "7"}),
    ],
)
def test_same_value(before, now):
    """What BigQuery would hold alike does not differ, however it is written."""
    assert kinds(before, now) is None


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"extra": '{"a":1}'}, {"extra": '{"a":1.0}'}, [("value differs", "extra")]),
        ({"extra": '{"a":1}'}, {"extra": '{"a":true}'}, [("value differs", "extra")]),
        ({"extra": '{"a":1}'}, {}, [("value differs", "extra")]),
        ({"extra": '{"a":1}'}, {"extra": '{"a":1,"b":2}'}, [("value differs", "extra")]),
        ({"extra": '{"eventId":1}'}, {"event_id": "1"}, [("value comes out of extra", "event_id")]),
        (
            {"extra": '{"eventId":1,"a":1}'},
            {"event_id": "1"},
            [("value comes out of extra", "event_id"), ("value differs", "extra")],
        ),
        (
            {"event_id": "1", "extra": '{"a":1}'},
            {"extra": '{"event_id":1e99,"a":1,"_adjusted":["extra.event_id"]}'},
            [("value goes to extra", "event_id")],
        ),
        ({"extra": '{"_adjusted":["a"]}'}, {"extra": "{}"}, [("value differs", "extra")]),
        ({"extra": "[1]"}, {"extra": "[2]"}, [("value differs", "extra")]),
        ({"tags": ["a"]}, {"tags": ["b"]}, [("value differs", "tags")]),
        ({"event_id": "1"}, {"at": 1}, [("column filled", "at"), ("column emptied", "event_id")]),
        ({"event_id": "1"}, {"other": 1}, [("refused now", "invalid_row: other")]),
        (
            {"at": "no time"},
            {"at": "2026-03-01"},
            [("accepted now", "invalid_row: at")],
        ),
    ],
)
def test_another_value(before, now, expected):
    """What would be held otherwise is told by column; a field that only moved is told once."""
    assert expected == kinds(before, now)
