"""`query` on the running pipeline: each saved query over a small history known by heart."""

import csv
import io
import json
import re
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from pipeline_client import unique, wait_for_another_second
from query_history import TODAY, History, ask, at, day, players, shown

from analytics_commands.query import command as query
from analytics_commands.query.saved_queries import read_saved_queries


@pytest.fixture(name="history")
def _history(pipeline):
    return History(pipeline)


@pytest.fixture(name="ask")
def _ask(command, history):
    return partial(ask, command, history)


class TestSavedQueries:
    def test_each_of_them(self):
        """No saved query is without a test of its rows."""
        tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_query*.py"))
        asked = set(re.findall(r'ask\("(\w+)"', tests))

        assert set(read_saved_queries()) == asked

    def test_environments(self, history, ask):
        """Events and batches are counted by category, with the first and the last moment."""
        history.batch(at(2), {}, {})
        history.batch(at(1), {})

        assert [
            {
                "analytics_environment": history.environment,
                "event_category": "function",
                "events": 3,
                "batches": 2,
                "first_received": shown(2),
                "last_received": shown(1),
            }
        ] == ask("environments")

    def test_events_per_minute(self, history, ask):
        """Minutes are the server's; those without events are left out."""
        history.batch(at(1, "10:00:00"), {"sessionId": "a"}, {"sessionId": "b"})
        history.batch(at(1, "10:00:59.999999"), {"sessionId": "a"})
        history.batch(at(1, "10:02:00"), {"sessionId": "a"})

        assert [
            {"minute": shown(1, "10:02:00"), "events": 1, "batches": 1, "sessions": 1},
            {"minute": shown(1, "10:00:00"), "events": 3, "batches": 2, "sessions": 2},
        ] == ask("events_per_minute")

    def test_top_event_types(self, history, ask):
        """Types are counted with their class, the most frequent first; shares add up to 100."""
        shot = {"eventClass": "combat", "eventType": "shot", "sessionId": "a"}
        history.batch(
            at(1),
            {**shot, "playerId": "ann"},
            {**shot, "playerId": "bob"},
            {**shot, "playerId": "ann", "sessionId": "b"},
            {"eventType": "shot", "sessionId": "a"},
        )

        assert [
            {
                "event_class": "combat",
                "event_type": "shot",
                "events": 3,
                "percent_of_events": 75.0,
                "sessions": 2,
                "players": 2,
            },
            {
                "event_class": None,
                "event_type": "shot",
                "events": 1,
                "percent_of_events": 25.0,
                "sessions": 1,
                "players": 0,
            },
        ] == ask("top_event_types")

    def test_daily_event_types(self, history, ask):
        """Each type of a day is counted, the newest day and the most frequent type first."""
        history.batch(at(2), {"eventType": "start", "playerId": "ann"}, {"eventType": "stop"})
        history.batch(at(1), {"eventType": "start"}, *[{"eventType": "stop", "playerId": "a"}] * 2)

        columns = ("day", "event_type", "events", "players")
        assert [
            dict(zip(columns, (day(1), "stop", 2, 1), strict=True)),
            dict(zip(columns, (day(1), "start", 1, 0), strict=True)),
            dict(zip(columns, (day(2), "start", 1, 1), strict=True)),
            dict(zip(columns, (day(2), "stop", 1, 0), strict=True)),
        ] == ask("daily_event_types")

    def test_sessions(self, history, ask):
        """A session lasts by the client's clock if all its events have a time, else by ours."""
        timed = {"sessionId": "timed", "playerId": "ann", "buildVersion": "2"}
        history.batch(
            at(2),
            {**timed, "eventTimestamp": at(3, "08:00:00").timestamp(), "eventType": "start"},
            {**timed, "eventTimestamp": at(3, "08:01:30").timestamp(), "eventType": "stop"},
        )
        history.batch(at(1, "10:00:00"), {"sessionId": "untimed", "eventType": "tick"})
        history.batch(
            at(1, "10:00:07"),
            {"sessionId": "untimed", "eventType": "tick", "eventTimestamp": 1},
            {"sessionId": "session-id-not-available"},
        )

        shared = {"analytics_environment": history.environment}
        assert [
            {
                **shared,
                "session_id": "untimed",
                "player_id": None,
                "build_version": None,
                "first_received": shown(1),
                "seconds": 7,
                "events": 2,
                "event_types": 1,
            },
            {
                **shared,
                "session_id": "timed",
                "player_id": "ann",
                "build_version": "2",
                "first_received": shown(2),
                "seconds": 90,
                "events": 2,
                "event_types": 2,
            },
        ] == ask("sessions")

    def test_session_gaps(self, history, ask):
        """Missing indexes are listed; what arrived in any order, or twice, is no gap."""
        history.batch(at(1), *({"sessionId": "torn", "eventIndex": i} for i in (9, 0, 1, 1, 5)))
        history.batch(at(2), {"sessionId": "torn", "eventIndex": 4})
        history.batch(at(1), *({"sessionId": "one", "eventIndex": i} for i in (7, 9)))
        history.batch(at(1), *({"sessionId": "whole", "eventIndex": i} for i in (3, 2, 4)))
        history.batch(at(1), {"sessionId": "unnumbered"}, {"eventIndex": 1}, {"eventIndex": 9})
        history.batch(
            at(1), *({"sessionId": "session-id-not-available", "eventIndex": i} for i in (1, 9))
        )

        gaps = {row.pop("session_id"): row for row in ask("session_gaps")}
        shared = {"analytics_environment": history.environment}
        assert {
            "session": {  # of the objects' names
                **shared,
                "first_index": 1,
                "last_index": 9,
                "missing": 7,
                "missing_indexes": "2-8",
            },
            "torn": {
                **shared,
                "first_index": 0,
                "last_index": 9,
                "missing": 5,
                "missing_indexes": "2-3, 6-8",
            },
            "one": {
                **shared,
                "first_index": 7,
                "last_index": 9,
                "missing": 1,
                "missing_indexes": "8",
            },
        } == gaps
        assert ["session", "torn", "one"] == list(gaps)

    def test_daily_active_players(self, history, ask):
        """A player counts once a day; events of nobody count as events only."""
        history.batch(at(1), *players("ann", "ann", "bob"), {"sessionId": "other"})
        history.batch(at(1, "23:59:59"), *players("ann"))
        history.batch(at(2), {})

        assert [
            {
                "day": day(1),
                "players": 2,
                "sessions": 2,
                "events": 5,
                "events_per_player": 2.0,
            },
            {
                "day": day(2),
                "players": 0,
                "sessions": 1,
                "events": 1,
                "events_per_player": None,
            },
        ] == ask("daily_active_players")

    def test_new_players(self, history, ask):
        """A player is new on one day; who was there in the weeks before is none."""
        history.batch(at(60), *players("veteran"))
        history.batch(at(120), *players("forgotten"))
        history.batch(at(3), *players("ann", "ann", "veteran", "forgotten"))
        history.batch(at(2), *players("ann", "bob"), {})

        columns = ("day", "players", "new_players", "returning_players")
        assert [
            dict(zip(columns, (day(2), 2, 1, 1), strict=True)),
            dict(zip(columns, (day(3), 3, 2, 1), strict=True)),
        ] == ask("new_players", "--days", "7")

    def test_retention(self, history, ask):
        """Each first day has the share of its players that came back so many days later."""
        history.batch(at(40), *players("veteran"))
        history.batch(at(9), *players("ann", "bob", "cid", "ann", "veteran"))
        history.batch(at(8), *players("ann", "bob", "dee"))
        history.batch(at(6), *players("ann"))
        history.batch(at(2), *players("ann", "bob", "dee"))
        history.batch(at(1), *players("ann"))

        shares = {row.pop("first_day"): list(row.values()) for row in ask("retention", "--days=9")}
        assert {
            day(8): [1, 0, 0, 0, 0, 0, 100, 0],
            day(9): [3, 66.7, 0, 33.3, 0, 0, 0, 66.7],
        } == shares

    def test_build_versions(self, history, ask):
        """Each day has its builds, with their share of that day."""
        old, new = {"buildVersion": "1.9"}, {"buildVersion": "1.10"}
        history.batch(at(2), old, {**old, "playerId": "ann"})
        history.batch(at(1), {**new, "sessionId": "a"}, {**new, "sessionId": "b"}, old)

        columns = ("day", "build_version", "players", "sessions", "events")
        assert [
            (*(day(1), "1.10", 0, 2, 2), 66.7),
            (*(day(1), "1.9", 0, 1, 1), 33.3),
            (*(day(2), "1.9", 1, 1, 2), 100.0),
        ] == [
            tuple(row[name] for name in (*columns, "percent_of_events"))
            for row in ask("build_versions")
        ]

    def test_load_lag(self, history, ask):
        """The lag of a row is from the server's clock to the loader's, in seconds."""
        history.insert_rows(at(1, "10:59:59"), [2] * 150 + [0.5] * 240 + [90] + [30] * 9)

        assert [
            {
                "received_hour": shown(1, "10:00:00"),
                "loaded": 400,
                "p50": 0.5,
                "p95": 2,
                "p99": 30,
                "longest": 90,
            }
        ] == ask("load_lag")

    def test_dead_letters_by_reason(self, history, ask):
        """Open letters are counted with the events they stand for; the latest is shown."""
        history.send([{"eventType": "good"}, 1, 2, 3])
        history.wait_for(3, "open_dead_letters")
        history.resolve("line = 3")
        history.store([{"a": 1}] * 7, leaf="broken", content_md5="XUFAKrxLKna5cZ2REBfFkg==")
        history.wait_for(3, "open_dead_letters")
        ((uri, detail),) = [
            letter[1:] for letter in history.letters("line, gcs_uri, detail") if letter[0] == 0
        ]

        first, second = ask("dead_letters_by_reason")
        assert (7, 1, uri, detail) == (
            first["events"],
            first["letters"],
            first["latest_uri"],
            first["latest_detail"],
        )
        assert ("not_an_object", 2, 2) == (second["reason"], second["events"], second["letters"])
        assert history.environment == second["analytics_environment"]
        assert TODAY.isoformat() <= second["first_dead_lettered"] <= second["last_dead_lettered"]

    def test_duplicates(self, history, ask):
        """Hidden rows are told apart: an object delivered again, a request sent again."""
        for _ in range(3):
            history.send(
                [{"eventType": "a"}, {"eventType": "b"}],
                headers={"Idempotency-Key": "the-same-key-thrice"},
            )
            wait_for_another_second()
        history.send([{"eventType": "c"}])
        history.send([{"eventType": "d", "eventId": "the-same-id"}] * 2)
        history.wait_for(9, "events_function")
        history.deliver_again("event_type = 'c'")

        (row,) = ask("duplicates")
        assert {
            "received_date": row["received_date"],
            "analytics_environment": history.environment,
            "events": 4,
            "stored_rows": 10,
            "delivered_again": 1,
            "sent_again": 5,
        } == row
        assert 4 == len(history.rows())

    def test_late_events(self, history, ask):
        """Events are told apart by how much later the server's clock was."""
        received = at(1)
        seconds = [-61, -60, 60, 61, 3600, 3601, 86_400, 86_401, 10**6]
        history.batch(
            received,
            {"sessionId": "a"},
            *(
                {"sessionId": str(each % 2), "eventTimestamp": received.timestamp() - each}
                for each in seconds
            ),
        )

        columns = ("arrived", "events", "sessions", "least_seconds", "most_seconds")
        assert [
            ("without a client time", 1, 1, None, None),
            ("from the future", 1, 1, -61, -61),
            ("within a minute", 2, 1, -60, 60),
            ("within an hour", 2, 2, 61, 3600),
            ("within a day", 2, 2, 3601, 86_400),
            ("later", 2, 2, 86_401, 10**6),
        ] == [tuple(row[name] for name in columns) for row in ask("late_events")]

    def test_extra_fields(self, history, ask):
        """Fields without a column are listed, and values that did not fit; not what is in them."""
        history.batch(at(2), {"eventType": "b", "level": {"deep": 1}, "buildVersion": "1"})
        history.batch(
            at(1),
            {"eventType": "a", "level": 10**40 + 1, "eventIndex": "many", "buildVersion": "2"},
            {"eventType": "a"},
        )

        columns = (
            "field",
            "events",
            "event_types",
            "example_event_type",
            "build_versions",
            "last_received",
        )
        assert [
            ("level", 2, 2, "a", 2, shown(1)),
            ("eventIndex", 1, 1, "a", 1, shown(1)),
        ] == [tuple(row[name] for name in columns) for row in ask("extra_fields")]

    def test_errors_per_build(self, history, ask):
        """Errors are found by class or type, in any spelling; sessions are counted once."""
        two = {"buildVersion": "2"}
        history.batch(
            at(1),
            {**two, "sessionId": "a", "eventType": "NullPointerException"},
            {**two, "sessionId": "a", "eventClass": "Error", "eventType": "network"},
            {**two, "sessionId": "b", "eventType": "start"},
            {**two, "sessionId": "c"},
            {"buildVersion": "1", "sessionId": "a", "eventType": "terror"},
            {"buildVersion": "0", "sessionId": "a", "eventType": "warning"},
        )

        columns = (
            "build_version",
            "sessions",
            "sessions_with_errors",
            "percent_of_sessions",
            "errors",
            "events",
        )
        assert [("2", 3, 1, 33.3, 2, 4), ("1", 1, 1, 100, 1, 1), ("0", 1, 0, 0, 0, 1)] == [
            tuple(row[name] for name in columns) for row in ask("errors_per_build")
        ]


class TestParameters:
    def test_days(self, history, ask):
        """Only what was received so many days ago or later is counted."""
        for days_ago in (1, 3, 6):
            history.batch(at(days_ago), {})

        assert [day(1), day(3)] == [
            row["day"] for row in ask("daily_active_players", "--days", "4")
        ]

    def test_limit(self, history, ask):
        """No more rows are returned than were asked for."""
        for days_ago in (1, 2, 3):
            history.batch(at(days_ago), {})

        rows = ask("daily_active_players", "--limit", "2")
        assert [day(1), day(2)] == [row["day"] for row in rows]

    def test_any_environment(self, history, ask, command):
        """Without an environment all of them are counted."""
        event_type = unique("any")
        history.batch(at(1), {"eventType": event_type})
        ask("top_event_types")
        code, out, _ = command(query, "top_event_types", "--limit", 100_000, "--json")

        assert 0 == code
        lines = out.strip().split("\n")  # other tests' events may hold other line separators
        assert event_type in {json.loads(line)["event_type"] for line in lines}


class TestOwnSql:
    def test_parameters(self, history, command):
        """SQL of one's own may use the parameters, and names tables without their dataset."""
        history.batch(at(1), {"eventType": "a"}, {"eventType": "b"})
        history.settle()
        sql = (
            "SELECT event_type, JSON '{\"k\": [1]}' AS j FROM events"
            " WHERE received_date >= @since AND analytics_environment = @environment"
            " ORDER BY event_type LIMIT @row_limit"
        )
        options = ("--environment", history.environment, "--limit", 1)
        code, out, err = command(query, "--sql", sql, "--csv", *options)

        assert (0, "") == (code, err)
        assert [["event_type", "j"], ["a", '{"k": [1]}']] == list(csv.reader(io.StringIO(out)))

    def test_shown_query(self, history, command, monkeypatch):
        """What `--show` prints runs as it is, from standard input."""
        history.batch(at(1), {"eventType": "shown"})
        history.settle()
        options = ("--environment", history.environment)
        _, sql, _ = command(query, "top_event_types", "--show", *options)
        monkeypatch.setattr("sys.stdin", io.StringIO(sql))
        code, out, _ = command(query, "--sql", "-", "--json", *options)

        assert 0 == code
        assert ["shown"] == [json.loads(line)["event_type"] for line in out.splitlines()]

    def test_no_rows(self, command):
        """People are told that there is nothing, programs get nothing."""
        sql = "SELECT 1 AS one FROM events WHERE FALSE"
        outputs = [command(query, "--sql", sql, *form)[1] for form in ((), ("--json",), ("--csv",))]

        assert ["no rows\n", "", ""] == outputs

    def test_done(self, command):
        """A statement that returns no rows says that it is done."""
        table = unique("made").replace("-", "_")
        statements = (f"CREATE TABLE {table} AS SELECT 1 AS one", f"DROP TABLE {table}")

        assert [(0, "done\n", "")] * 2 == [command(query, "--sql", sql) for sql in statements]

    def test_chart(self, history, command, tmp_path):
        """Rows are drawn in the terminal, or into a page that says what was asked for."""
        history.batch(at(1), {"eventType": "start"}, {"eventType": "start"}, {"eventType": "stop"})
        history.settle()
        asked = ("top_event_types", "--environment", history.environment, "--chart")
        page = tmp_path / "a page.html"
        code, out, err = command(query, *asked)
        told = command(query, *asked, page)

        assert (0, "events", "") == (code, out.splitlines()[0], err)
        assert (0, "", f"{page}: a picture of 2 rows\n") == told
        assert f'@environment = "{history.environment}"' in unescape(page.read_text())

    def test_chart_of_nothing(self, command, tmp_path):
        """Without rows there is nothing to draw, here and there."""
        asked = ("--sql", "SELECT 1 AS one FROM events WHERE FALSE", "--chart")
        page = tmp_path / "page.html"
        outputs = [command(query, *asked, *file)[:2] for file in ((), (page,))]

        assert [(0, "no rows\n"), (0, "")] == outputs
        assert "no rows" in page.read_text()

    def test_chart_that_cannot_be_written(self, command, tmp_path):
        """A page that cannot be written is an error of one line."""
        folder = tmp_path / "folder.html"
        folder.mkdir()
        code, _, err = command(query, "--sql", "SELECT 'a' AS a, 1 AS n", "--chart", folder)

        assert (1, f"error: {folder} cannot be written: Is a directory\n") == (code, err)

    @pytest.mark.parametrize(
        ("sql", "complaint"),
        [
            ("SELEC 1", "Syntax error"),
            ("SELECT nope FROM events", "nope"),
            ("SELECT 1 FROM missing", "missing"),
            ("SELECT @other", "other"),
        ],
    )
    def test_wrong_sql(self, command, sql, complaint):
        """SQL that BigQuery refuses ends with its words on one line, and exit code 1."""
        code, out, err = command(query, "--sql", sql)

        assert (1, "") == (code, out)
        assert 1 == len(err.splitlines())
        assert err.startswith("error: the query failed: ")
        assert complaint in err
