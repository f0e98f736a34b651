"""Sessions in the console: what a person sees of them, and a program."""

import html
import re

import pytest
from pipeline_client import unique

PATH = "/console/sessions"


@pytest.fixture(name="send")
def _send(pipeline):
    """Send events of a session, and wait until all of them are rows; returns nothing."""

    def send(session, *events, **parameters):
        parameters = {"event_category": "function", "session_id": session, **parameters}
        answer = pipeline.send(list(events), **parameters)
        pipeline.wait_for_rows(len(events), answer["batch_id"])

    return send


@pytest.fixture(name="page")
def _page(pipeline):
    """Return the page's text, and the same as JSON."""

    def page(**parameters):
        answers = [
            pipeline.request("GET", path, key=None, **parameters) for path in (PATH, f"{PATH}.json")
        ]
        return html.unescape(answers[0].text), answers[1].json()

    return page


def event(index, kind="move", **fields):
    """Return an event with its index."""
    return {"eventType": kind, "eventIndex": index, **fields}


def test_gap_is_between_its_neighbours(send, page):
    """What a session lacks is counted in the list, and stands at its place in the time line."""
    player, session = unique("player"), unique("session")
    send(session, *(event(index, f"e{index}", playerId=player) for index in (0, 1, 1, 4, 3, 7)))

    text, twin = page(player=player)
    (listed,) = twin["sessions"]
    _, one = page(session=session)
    line = [each.get("missing") or each["event_type"] for each in one["time_line"]]

    assert session in text
    assert (6, 3, 1) == tuple(listed[name] for name in ("events", "missing", "doubled"))
    assert ["e0", "e1", "e1", 1, "e3", "e4", 2, "e7"] == line
    assert ["e3"] == [
        each["event_type"] for each in one["time_line"] if "out of order" in each.get("marks", ())
    ]


def test_time_line_says_what_is_missing(send, page):
    """The page names the missing indexes, and links each event to where it is stored."""
    session = unique("session")
    send(session, event(0, "begin"), event(4, "end"))

    text, twin = page(session=session)
    name = twin["time_line"][0]["gcs_uri"].split("/", 3)[3]

    assert "3 missing: 1\N{EN DASH}3" in text
    assert text.index("begin") < text.index("3 missing") < text.index(">end<")
    assert name.rpartition("/")[2] in text
    assert "#line-2" in text


def test_all_of_a_player(send, page):
    """A player's sessions have all their events, those without the player, too."""
    player = unique("player")
    mine, other = unique("mine"), unique("other")
    send(mine, event(0), event(1, playerId=player))
    send(other, event(0, playerId=unique("player")))

    _, twin = page(player=player)

    assert [(mine, 2)] == [(each["session"], each["events"]) for each in twin["sessions"]]


def test_same_name_in_two_environments(send, page):
    """Sessions of two environments are not shown as one."""
    session, places = unique("session"), [unique("a"), unique("b")]
    for place in places:
        send(session, event(0), event(1), analytics_environment=place)

    text, twin = page(session=session)
    _, one = page(session=session, environment=places[1])

    assert sorted(places) == sorted(each["analytics_environment"] for each in twin["sessions"])
    assert "time_line" not in twin
    assert all(place in text for place in places)
    assert (0, 2) == (one["sessions"][0]["doubled"], len(one["time_line"]))


def test_long_session_page_by_page(send, page):
    """A long session comes in pieces, with the gap between them; its sums are those of all."""
    session = unique("session")
    send(session, *(event(index) for index in (*range(300), 305, 306)))

    text, first = page(session=session)
    _, second = page(session=session, first=first["more"])

    line = [*first["time_line"], *second["time_line"]]
    indexes = [each.get("event_index", "gap") for each in line]
    assert [*range(300), "gap", 305, 306] == indexes
    assert "More, from index 305" in text
    assert [302, 302] == [each["sessions"][0]["events"] for each in (first, second)]


def test_hostile_names(send, page):
    """Names are text that nothing obeys, however long, and lead to their session."""
    player = unique("player")
    session = f"<script>alert(1)</script>\u202e\x1b[31m{player}" + "x" * 100_000
    kind = "<img src=x onerror=alert(1)>" + "y" * 100_000
    send("s", event(2**63 - 1, kind, sessionId=session, playerId=player))
    send("s", event(-(2**63), sessionId=session, playerId=player))

    text, twin = page(player=player)
    one_text, one = page(session=twin["sessions"][0]["session"])

    assert r"\u202e\x1b[31m" in text
    assert [2**64 - 2] == [each["missing"] for each in one["time_line"] if "missing" in each]
    for shown in (text, one_text):
        assert 50_000 > len(shown)
        assert "\u202e" not in re.sub('"[^"]*"', "", shown)


def test_nothing_fits(page):
    """A page without sessions says how there would be some; a time that is none is refused."""
    player = unique("player")

    text, twin = page(player=player)
    refused, _ = page(since="yesterday")
    unknown, _ = page(session=player)

    assert [] == twin["sessions"]
    assert "curl --data" in text
    assert f"No event of the session <bdi>{player}" in unknown
    assert "'yesterday' is not a date" in refused
