"""What a link asks, and how an answer is shown: without a pipeline."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from analytics_console.asked.answered import answered, records_of
from analytics_console.asked.question_forms import read_question
from analytics_console.bounded_queries import Answer
from analytics_console.refused import Refused

EVIL = "<img src=x onerror=alert(1)>\x1b[31m\u202e"


class TestLinks:
    def test_saved_query(self):
        """A saved query takes exactly the parameters that its SQL names."""
        link = {"saved": "funnel", "days": "3", "steps": "start, stop", "environment": ""}
        question = read_question(link)
        since = datetime.now(UTC).date() - timedelta(days=3)

        told = {each["name"]: each["parameterValue"] for each in question.rest_parameters()}
        assert {
            "since": {"value": str(since)},
            "environment": {"value": None},
            "row_limit": {"value": "100"},
            "by": {"value": "received"},
            "steps": {"arrayValues": [{"value": "start"}, {"value": "stop"}]},
        } == told

    def test_own_sql(self):
        """SQL of one's own takes those that it uses, and nothing else."""
        question = read_question({"sql": "SELECT @row_limit", "limit": "7", "by": "event"})

        assert [("row_limit", "7")] == [
            (each["name"], each["parameterValue"]["value"]) for each in question.rest_parameters()
        ]

    @pytest.mark.parametrize("link", [{}, {"saved": "", "sql": ""}, {"sql": " \n"}])
    def test_nothing(self, link):
        """A link that asks nothing is the empty page."""
        assert read_question(link) is None

    def test_lacking_steps(self):
        """A funnel without steps cannot be asked yet."""
        assert read_question({"saved": "funnel"}).lacks_steps
        assert not read_question({"saved": "funnel", "steps": "a"}).lacks_steps

    @pytest.mark.parametrize(
        ("link", "words"),
        [
            ({"saved": "retentoin"}, "no saved query 'retentoin'; did you mean retention"),
            ({"saved": "xyzzy"}, "the list has all there are"),
            ({"saved": "sessions", "sql": "SELECT 1"}, "or for SQL of its own"),
            ({"saved": "sessions", "days": "-1"}, "days: '-1' is not a number from 0 to 36500"),
            ({"saved": "sessions", "days": "²"}, "days: '²' is not a number"),
            ({"saved": "sessions", "limit": "0"}, "limit: '0' is not a number from 1 to 10000"),
            ({"saved": "retention", "by": "day"}, "by: 'day' is neither event nor received"),
            ({"saved": "funnel", "steps": "a,,b"}, "steps: 'a,,b' is not event types"),
            ({"sql": "x" * 50_001}, "SQL of 50,001 characters is longer than 50,000"),
        ],
    )
    def test_refused(self, link, words):
        """What makes no sense is refused by name."""
        with pytest.raises(Refused, match=words.replace("?", r"\?")):
            read_question(link)


class TestAnswers:
    def test_cells(self):
        """NULL is told from an empty text, numbers from texts; nothing hidden, nothing endless."""
        columns = [("text", "STRING"), ("number", "INTEGER"), ("is", "BOOLEAN"), ("a", "RECORD")]
        rows = [
            {"text": EVIL, "number": 1234567, "is": True, "a": {"b": [1, "é"]}},
            {"text": "x" * 501, "number": None, "is": False, "a": ""},
        ]
        first, second = answered(Answer(columns, rows, 2, 0)).cells()

        assert ["1234567", "true", '{"b": [1, "é"]}'] == [cell.text for cell in first[1:]]
        assert [False, True, False, False] == [cell.is_number for cell in first]
        assert first[0].text.isprintable()
        assert (f"{'x' * 500}…", 501) == (second[0].text, second[0].length)
        assert [None, "false", ""] == [cell.text for cell in second[1:]]

    def test_records(self):
        """Values are those of Google's client; a time that Python has not stays its text."""
        columns = [("d", "DATE"), ("t", "TIMESTAMP"), ("n", "NUMERIC"), ("s", "STRING")]
        rows = [
            {"d": "2026-01-31", "t": "2026-01-31T10:00:00+00:00", "n": "1.10", "s": "2026-01-31"},
            {"d": "10000-01-01", "t": None, "n": None, "s": None},
        ]

        assert [
            {
                "d": date(2026, 1, 31),
                "t": datetime(2026, 1, 31, 10, tzinfo=UTC),
                "n": Decimal("1.10"),
                "s": "2026-01-31",
            },
            rows[1],
        ] == records_of(Answer(columns, rows, 2, 0))

    def test_pictures(self):
        """A picture has the panels that are asked for, and texts of clients stay texts."""
        columns = [("day", "DATE"), (EVIL, "STRING"), ("players", "INTEGER"), (EVIL * 2, "INTEGER")]
        rows = [{"day": f"2026-01-0{n}", EVIL: EVIL, "players": n, EVIL * 2: n} for n in (1, 2, 3)]
        shown = answered(Answer(columns, rows, 3, 0))

        assert 2 == shown.picture().count("<svg")
        assert 1 == shown.picture(["players"]).count("<svg")
        assert "<img" not in shown.picture()
        assert "style=" not in shown.picture()
        assert ["2026-01-01", "2026-01-02", "2026-01-03"] == shown.chart.labels
        assert b'"players":3' in msgspec.json.encode(shown)

    def test_lines_together(self):
        """Columns that are named share a picture, each with its name."""
        rows = [{"day": f"2026-01-0{n}", "old": n, "new": n, "left": n} for n in (1, 2, 3)]
        columns = [("day", "DATE"), *((name, "INTEGER") for name in ("old", "new", "left"))]
        picture = answered(Answer(columns, rows, 3, 0)).picture(["new", "old"])

        assert 1 == picture.count("<svg")
        assert "<figcaption>old, new</figcaption>" in picture
        assert (True, True, False) == tuple(
            f">{name}<" in picture for name in ("old", "new", "left")
        )

    @pytest.mark.parametrize("rows", [[], [{"a": "x", "b": "y"}]])
    def test_no_picture(self, rows):
        """Where there is nothing to draw, nothing is drawn."""
        shown = answered(Answer([("a", "STRING"), ("b", "STRING")], rows, len(rows), 0))

        assert (None, "") == (shown.chart, shown.picture())
