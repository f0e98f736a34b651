"""Importing by hand: which days, which URIs, which columns, and the command line around them."""

import argparse
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.import_events import command as import_events
from analytics_commands.import_events.imported_columns import (
    HIVE_COLUMNS,
    default_columns,
    format_columns,
    parse_columns,
)
from analytics_commands.import_events.selection import Wanted, select_uris
from analytics_commands.import_events.window import DayWindow, read_day
from analytics_pipeline.object_names import HIVE_PREFIX, KEEP_OBJECT, prefix_of
from analytics_pipeline.stored_objects import Day

ROOT = "gs://b/data_type=json/"
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
DAYS = [
    Day("2026-05-31", "production", "cold"),
    Day("2026-05-02", "testing", "warm"),
    Day("2026-05-02", "testing", "cold"),
    Day("2026-05-01", "testing", "cold"),
    Day("2000-01-01", "none", "none"),
]
a_date = st.dates(date(2024, 11, 1), date(2026, 3, 31))


def uris(days=DAYS, environment=None, category=None, since=None, until=None):
    """Return what is selected, without what all URIs begin with."""
    wanted = Wanted(environment, category, DayWindow(since, until))
    selected = select_uris(wanted, "b", days)
    assert all(uri.startswith(ROOT) for uri in selected)
    return [uri.removeprefix(ROOT) for uri in selected]


def refusal(capsys, *arguments):
    """Return what the command says when it takes the command line for wrong."""
    with pytest.raises(SystemExit) as caught:
        import_events.main(arguments)

    assert 2 == caught.value.code
    return capsys.readouterr().err.splitlines()[-1]


class TestReadDay:
    def test_date(self):
        """A date is that day."""
        assert MAY == read_day("2026-05-01")

    def test_ago(self):
        """Days and weeks ago are days of UTC."""
        before = datetime.now(UTC).date()
        days, weeks = read_day("7d"), read_day("1w")
        after = datetime.now(UTC).date()

        assert {days, weeks} <= {each - timedelta(days=7) for each in (before, after)}

    @pytest.mark.parametrize(
        "text", ["", "yesterday", "2026-02-30", "2026-05-01T10:00", "20260501", "3h", "99999999w"]
    )
    def test_anything_else(self, text):
        """A time of the day, and what is no day at all, is refused and named."""
        with pytest.raises(argparse.ArgumentTypeError, match="is not a date"):
            read_day(text)


class TestSelection:
    def test_everything(self):
        """Everything is one URI."""
        assert ["*"] == uris()

    @pytest.mark.parametrize(
        ("selection", "expected"),
        [
            ({"environment": "testing"}, ["analytics_environment=testing/*"]),
            (
                {"environment": "testing", "category": "cold"},
                ["analytics_environment=testing/event_category=cold/*"],
            ),
            (
                {"category": "cold"},
                [
                    "analytics_environment=production/event_category=cold/*",
                    "analytics_environment=testing/event_category=cold/*",
                ],
            ),
        ],
    )
    def test_all_days(self, selection, expected):
        """All days of a part are one URI for each place where that part begins."""
        days = [
            day
            for day in DAYS
            if selection.get("environment") in {None, day.analytics_environment}
            and selection.get("category") in {None, day.event_category}
        ]

        assert expected == uris(days, **selection)

    def test_some_days(self):
        """Days that exist are one URI each, since the first and before the last."""
        cold = "analytics_environment=testing/event_category=cold/event_ds="
        warm = "analytics_environment=testing/event_category=warm/event_ds="

        assert [f"{cold}2026-05-02/*", f"{warm}2026-05-02/*"] == uris(
            since=date(2026, 5, 2), until=date(2026, 5, 31)
        )

    @pytest.mark.parametrize(
        ("since", "until", "stems"),
        [
            (MAY, JUNE, {"2026-05-*"}),
            (date(2026, 4, 2), JUNE, {"2026-05-*"}),
            (None, JUNE, {"2000-*", "2026-05-*"}),
            (MAY, None, {"2026-05-*"}),
            (date(2026, 1, 1), None, {"2026-*"}),
            (date(2026, 1, 1), date(2027, 1, 1), {"2026-*"}),
            (date(2026, 1, 1), date(2026, 12, 31), {"2026-05-*"}),
            (date(2026, 1, 2), None, {"2026-05-*"}),
            (MAY, date(2026, 5, 31), {"2026-05-01/*", "2026-05-02/*"}),
            (None, MAY, {"2000-*"}),
        ],
    )
    def test_months_and_years(self, since, until, stems):
        """A month or year that is wanted from its first to its last day is one URI."""
        assert stems == {uri.rpartition("event_ds=")[2] for uri in uris(since=since, until=until)}

    @given(st.sets(a_date), st.none() | a_date, st.none() | a_date)
    def test_exactly_the_days(self, days, since, until):
        """Whatever the days: those in the span are matched, all others are not."""
        days = [Day(day.isoformat(), "e", "c") for day in sorted(days)]
        inside = {
            day.event_ds
            for day in days
            if (since is None or day.event_ds >= since.isoformat())
            and (until is None or day.event_ds < until.isoformat())
        }
        try:
            selected = uris(days, "e", "c", since, until)
        except CommandFailed:
            selected = []

        names = {day.event_ds: prefix_of("json", "e", "c", day.event_ds) + "x" for day in days}
        matched = {
            event_ds
            for event_ds, name in names.items()
            for uri in selected
            if f"gs://b/{name}".startswith(ROOT + uri.removesuffix("*"))
        }
        assert inside == matched
        assert all(uri.count("*") == 1 for uri in selected)

    def test_what_is_no_day(self):
        """A folder that is no day belongs to all days, and to no span of them."""
        days = [Day("soon", "e", "c"), Day("2026-05-01", "e", "c")]

        assert ["analytics_environment=e/event_category=c/*"] == uris(days, "e", "c")
        assert ["analytics_environment=e/event_category=c/event_ds=2026-05-01/*"] == uris(
            days, "e", "c", since=MAY, until=date(2026, 5, 2)
        )
        assert ["analytics_environment=e/event_category=c/event_ds=2026-05-*"] == uris(
            days, "e", "c", since=MAY
        )

    @pytest.mark.parametrize(
        ("days", "span", "said"),
        [
            ([], {"environment": "x"}, "environment x, any category"),
            (DAYS, {"since": JUNE}, "any environment, any category, from 2026-06-01"),
            (DAYS, {"until": date(1999, 1, 1)}, "any category, before 1999-01-01"),
        ],
    )
    def test_nothing(self, days, span, said):
        """Nothing selected is an error that repeats what was asked for."""
        with pytest.raises(CommandFailed, match="no events are stored in gs://b for ") as caught:
            uris(days, **span)

        assert said in str(caught.value)

    def test_too_many(self):
        """More URIs than BigQuery takes is an error that says how to select less."""
        days = [Day("2026-05-02", f"e{number}", "c") for number in range(10_001)]

        with pytest.raises(CommandFailed, match="this needs 10,001 URIs, BigQuery takes 10,000"):
            uris(days, since=date(2026, 5, 2))
        assert 10_000 == len(uris(days[1:], since=date(2026, 5, 2)))

    def test_object_that_keeps_the_table(self):
        """The first object of every bucket is a part of everything."""
        assert KEEP_OBJECT.startswith("data_type=json/" + uris()[0].removesuffix("*"))


class TestColumns:
    def test_text(self):
        """Columns keep their order; types may have either name, in any case, and spaces do none."""
        columns = parse_columns("buildVersion:STRING, index : int64,ok:bool,_x1:Float64,j:json")

        assert ("buildVersion:STRING,index:INTEGER,ok:BOOLEAN,_x1:FLOAT,j:JSON") == format_columns(
            columns
        )

    def test_default(self):
        """Without a text the columns are those of `events_gcs`, and can be written as one."""
        text = format_columns(default_columns())

        assert text == format_columns(parse_columns(text))
        assert text.startswith("eventEnvironment:STRING,")
        assert text.endswith(",eventId:STRING,analyticsEnvironment:STRING")

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("", "'' is not name:TYPE"),
            ("eventType", "'eventType' is not name:TYPE"),
            ("a:STRING,,b:STRING", "'' is not name:TYPE"),
            ("a:STRING,event-type:STRING", "'event-type:STRING' is not name:TYPE"),
            ("1a:STRING", "'1a:STRING' is not name:TYPE"),
            ("a:TEXT,b:STRING", "'a:TEXT' has no type of a column"),
            ("a:", "'a:' has no type"),
            ("a:RECORD", "'a:RECORD' has no type"),
            ("a:STRING:REQUIRED", "'a:STRING:REQUIRED' has no type"),
            ("a:STRING,A:DATE", "'A' is there twice"),
        ],
    )
    def test_wrong_text(self, text, part):
        """A part that is no column is named."""
        with pytest.raises(argparse.ArgumentTypeError) as caught:
            parse_columns(text)

        assert part in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_columns_of_the_name(self):
        """The columns that --hive adds are those of the objects' names."""
        assert ("analytics_environment", "event_category", "event_ds", "event_time") == HIVE_COLUMNS
        assert all(f"{{{name}:" in HIVE_PREFIX for name in HIVE_COLUMNS)


class TestCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            ([], "WAY"),
            (["copy"], "invalid choice"),
            (["external"], "--table"),
            (["native"], "--table"),
            (["native", "--table", "events.t"], "'events.t' is no name of a table"),
            (["native", "--table", ""], "'' is no name of a table"),
            (["query", "--schema", "a:TEXT"], "--schema: 'a:TEXT' has no type"),
            (["query", "--since", "soon"], "--since: 'soon' is not a date"),
            (
                ["query", "--since", "2026-05-02", "--until", "2026-05-02"],
                "--since 2026-05-02 is not before --until 2026-05-02",
            ),
            (
                ["query", "--hive", "--schema", "a:STRING,EVENT_DS:DATE"],
                "--hive adds event_ds: leave it out of --schema",
            ),
            (["query", "--table", "t"], "unrecognized arguments: --table"),
        ],
    )
    def test_usage(self, capsys, arguments, complaint):
        """What makes no sense is refused by name, before anything is asked of BigQuery."""
        assert complaint in refusal(capsys, *arguments)

    @pytest.mark.parametrize("way", ["query", "external", "native"])
    def test_help(self, capsys, way):
        """Each way explains its options."""
        with pytest.raises(SystemExit) as caught:
            import_events.main([way, "--help"])

        assert 0 == caught.value.code
        assert "--since DAY" in capsys.readouterr().out
