"""Saved queries over many rows, by day of event and of receipt, against sums made in Python."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest
from pipeline_client import PipelineClient, unique
from query_history import TODAY, History, ask, at

from analytics_pipeline.object_names import NO_SESSION

DAYS = 10
SINCE = TODAY - timedelta(days=DAYS)
STEPS = ("start", "level_up", "start", "never", "purchase")
LENGTHS = (10, 60, 300, 900, 1800, 3600, 7200)  # seconds: the classes' bounds
OPTIONS = ("--limit", "10000", "--days", DAYS)


@dataclass(frozen=True)
class Row:
    """What a query can tell of an event; `happened` is by the client's clock."""

    player: str | None
    session: str
    kind: str
    build: str
    happened: datetime | None
    received: datetime
    line: int

    def moment(self, by):
        """Return when it counts: no event happened after it was received."""
        if by == "received" or self.happened is None:
            return self.received
        return min(self.happened, self.received)

    def day(self, by):
        """Return the day on which it counts."""
        return self.moment(by).date()


def some_rows():
    """Return events of 40 days: late ones, clocks that are wrong, without player or session.

    Players come and go; a session may go on days later.
    """
    chance = random.Random(7)
    rows = []
    for number in range(400):
        age = chance.randrange(40 * 86_400)
        received = at(0, "00:00:00") - timedelta(seconds=age)
        late = chance.choice([0, 0, 0, 3600, 86_400, 5 * 86_400, -7200, -3 * 86_400])
        player = chance.choice([None, *(f"p{age // 20_000 + n}" for n in range(30))])
        session = chance.choice([NO_SESSION, *(f"{player}-{number % 2}" for _ in range(4))])
        for line in range(chance.randint(1, 4)):
            length = chance.choice([2, 40, 200, 700, 1500, 3000, 6000, 9000])
            happened = received + timedelta(seconds=line * length - late)
            kind = chance.choice(["start", "start", "level_up", "purchase", "pay", "AppCrashed"])
            timed = happened if chance.random() < 0.9 else None
            build = chance.choice("12")
            rows.append(Row(player, session, kind, build, timed, received, line))
    return rows + [
        Row(None, f"{length} s", "tick", "1", at(1) + timedelta(seconds=moment), at(1), 0)
        for bound in LENGTHS
        for length in (bound - 1, bound)
        for moment in (0, -length)
    ]


ROWS = some_rows()


def table(rows, by, key):
    """Return the rows since the first day, grouped by what `key` says of them."""
    groups = defaultdict(list)
    for row in rows:
        if row.day(by) >= SINCE:
            groups[key(row)].append(row)
    return groups


def count(rows, what):
    """Return how many different players or sessions there are."""
    return len({getattr(row, what) for row in rows} - {None, NO_SESSION})


def percent(part, whole):
    """Return the share as the queries round it; None of nothing."""
    return pytest.approx(100 * part / whole, abs=0.051) if whole else None


def player_days(by):
    """Return the days of each player, the 90 days before the first one among them."""
    days = defaultdict(set)
    for row in ROWS:
        if row.player is not None:
            days[row.player].add(row.day(by))
    return days


def reached(by):
    """Return how many steps each player took, one after the other."""
    steps = {}
    order = sorted(ROWS, key=lambda row: (row.moment(by), row.received, row.line))
    for row in order:
        if row.player is not None and row.day(by) >= SINCE:
            taken = steps.get(row.player, 0)
            is_next = taken < len(STEPS) and row.kind == STEPS[taken]
            steps[row.player] = taken + is_next
    return steps


def crash_free(by):
    """Return [sessions, crashed ones] for each day and build, of a session's first of both."""
    lives = table(ROWS, by, lambda row: row.session)
    counts = defaultdict(lambda: [0, 0])
    for session, rows in lives.items():
        if session != NO_SESSION:
            key = min(row.day(by) for row in rows), min(row.build for row in rows)
            counts[key][0] += 1
            counts[key][1] += any("crash" in row.kind.lower() for row in rows)
    return counts


@pytest.fixture(name="planted", scope="module")
def _planted(variables):
    """Insert the rows as the loader does, each received in the batch of its moment."""
    client = PipelineClient(variables)
    history = History(client)
    rows = [
        {
            "analytics_environment": history.environment,
            "player_id": row.player,
            "session_id": row.session,
            "event_type": row.kind,
            "build_version": row.build,
            "event_timestamp": row.happened and row.happened.isoformat(),
            "received_timestamp": row.received.isoformat(),
            "received_date": row.received.date().isoformat(),
            "inserted_timestamp": row.received.isoformat(),
            "batch_id": str(row.received),
            "event_id": unique("id"),
            "gcs_uri": f"gs://b/{row.received}",
            "line": row.line,
        }
        for row in ROWS
    ]
    assert [] == client.warehouse.insert_rows_json("events.events_function", rows)
    history.wait_for(len(rows))
    yield history
    client.close()


@pytest.fixture(name="ask")
def _ask(command, planted):
    return partial(ask, command, planted)


@pytest.fixture(name="by", params=["event", "received"])
def _by(request):
    return request.param


def test_daily_active_players(ask, by):
    """Players, sessions and events are counted on the day that is asked for."""
    days = table(ROWS, by, lambda row: str(row.day(by)))

    assert {
        day: (count(rows, "player"), count(rows, "session"), len(rows))
        for day, rows in days.items()
    } == {
        row["day"]: (row["players"], row["sessions"], row["events"])
        for row in ask("daily_active_players", "--by", by, *OPTIONS)
    }


def test_events_per_minute(ask, by):
    """Minutes are the client's or the server's."""
    minutes = table(ROWS, by, lambda row: f"{row.moment(by):%Y-%m-%dT%H:%M:00Z}")

    assert {minute: (len(rows), count(rows, "session")) for minute, rows in minutes.items()} == {
        row["minute"]: (row["events"], row["sessions"])
        for row in ask("events_per_minute", "--by", by, *OPTIONS)
    }


def test_daily_event_types(ask, by):
    """Each type of a day has its events and players."""
    kinds = table(ROWS, by, lambda row: (str(row.day(by)), row.kind))

    assert {each: (len(rows), count(rows, "player")) for each, rows in kinds.items()} == {
        (row["day"], row["event_type"]): (row["events"], row["players"])
        for row in ask("daily_event_types", "--by", by, *OPTIONS)
    }


def test_build_versions(ask, by):
    """Each build of a day has its share of the day's events."""
    days = table(ROWS, by, lambda row: str(row.day(by)))
    builds = table(ROWS, by, lambda row: (str(row.day(by)), row.build))

    assert {
        (day, build): (len(rows), percent(len(rows), len(days[day])))
        for (day, build), rows in builds.items()
    } == {
        (row["day"], row["build_version"]): (row["events"], row["percent_of_events"])
        for row in ask("build_versions", "--by", by, *OPTIONS)
    }


def test_new_players(ask, by):
    """A player is new on the first day, and returning on later ones."""
    counts = defaultdict(lambda: [0, 0])
    for days in player_days(by).values():
        for day in days:
            counts[str(day)][day > min(days)] += day >= SINCE

    assert {day: pair for day, pair in counts.items() if any(pair)} == {
        row["day"]: [row["new_players"], row["returning_players"]]
        for row in ask("new_players", "--by", by, *OPTIONS)
    }


def test_retention(ask, by):
    """Days that are over have the share of the first day's players, others nothing."""
    cohorts = defaultdict(list)
    for days in player_days(by).values():
        if min(days) >= SINCE:
            cohorts[min(days)].append(days)

    def share(first, age):
        day = first + timedelta(days=age)
        came = sum(day in days for days in cohorts[first])
        return percent(came, len(cohorts[first])) if day < TODAY else None

    assert {
        str(first): [len(cohorts[first]), *(share(first, age) for age in range(1, 8))]
        for first in cohorts
    } == {
        row.pop("first_day"): list(row.values()) for row in ask("retention", "--by", by, *OPTIONS)
    }


def test_stickiness(ask, by):
    """Each day counts its own players, and those of 7 and of 30 days that end with it."""
    expected = {}
    for day in (SINCE + timedelta(days=age) for age in range(DAYS + 1)):
        dau, wau, mau = (
            sum(any(day - timedelta(days=span) < seen <= day for seen in days) for days in every)
            for every in [player_days(by).values()]
            for span in (1, 7, 30)
        )
        expected[str(day)] = [dau, wau, mau, percent(dau, wau), percent(dau, mau)]

    assert expected == {
        row.pop("day"): list(row.values()) for row in ask("stickiness", "--by", by, *OPTIONS)
    }


def test_crash_free_sessions(ask, by):
    """A session with a crash, in any spelling, counts once, on its first day."""
    assert {
        (str(day), build): (all_of_them, crashed, percent(all_of_them - crashed, all_of_them))
        for (day, build), (all_of_them, crashed) in crash_free(by).items()
    } == {
        (row["day"], row["build_version"]): tuple(list(row.values())[2:])
        for row in ask("crash_free_sessions", "--by", by, *OPTIONS)
    }


def test_funnel(ask, by):
    """A player took a step who had taken all before it; a type can be more than one step."""
    taken = reached(by).values()
    counts = [sum(steps > step for steps in taken) for step in range(len(STEPS))]

    assert [
        (
            number + 1,
            STEPS[number],
            counts[number],
            percent(counts[number], counts[0]),
            percent(counts[number], counts[number - 1]) if number else None,
        )
        for number in range(len(STEPS))
    ] == [
        tuple(row.values())
        for row in ask("funnel", "--by", by, "--steps", ",".join(STEPS), *OPTIONS)
    ]


def test_session_length(ask):
    """Sessions are counted by their length, which is the client's if all events have a time."""
    counts = defaultdict(list)
    for session, rows in table(ROWS, "received", lambda row: row.session).items():
        if session != NO_SESSION:
            happened = [row.happened for row in rows]
            moments = [row.received for row in rows] if None in happened else happened
            seconds = (max(moments) - min(moments)) // timedelta(seconds=1)
            counts[sum(seconds >= bound for bound in LENGTHS)].append(seconds)

    sessions = sum(map(len, counts.values()))
    assert [
        [len(each), percent(len(each), sessions), pytest.approx(sum(each) / len(each), abs=0.051)]
        for _, each in sorted(counts.items())
    ] == [list(row.values())[1:] for row in ask("session_length", *OPTIONS)]


def test_the_rows_are_of_all_kinds():
    """The two clocks disagree, and every kind of step, length and cohort occurs."""
    assert any(row.day("event") != row.day("received") for row in ROWS)
    assert {None, NO_SESSION} <= {row.player for row in ROWS} | {row.session for row in ROWS}
    assert any(row.happened and row.happened > row.received for row in ROWS)
