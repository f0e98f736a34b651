"""The console's SQL and charts on the running pipeline: links in, tables and pictures out."""

import csv
import io
import re

import pytest
from pipeline_client import unique
from query_history import History, at, day

from analytics_commands.query.saved_queries import read_saved_queries

EVIL = "<script>alert(1)</script>"


@pytest.fixture(name="history")
def _history(pipeline):
    return History(pipeline)


@pytest.fixture(name="get")
def _get(pipeline):
    """GET below /console; returns the response."""

    def get(path, **parameters):
        return pipeline.http.get(pipeline.url(f"/console/{path}"), params=parameters, timeout=120)

    return get


class TestSql:
    def test_saved_query(self, history, get):
        """A link is a saved query with its parameters: as a page, as JSON, as CSV and drawn."""
        history.batch(at(2), {"eventType": "start", "playerId": "ann"}, {"eventType": EVIL})
        history.settle()
        link = {"saved": "daily_event_types", "environment": history.environment}
        page, twin, table = (get(path, **link) for path in ("sql", "sql.json", "sql/rows.csv"))
        rows = [
            {"day": day(2), "event_type": EVIL, "events": 1, "players": 0},
            {"day": day(2), "event_type": "start", "events": 1, "players": 1},
        ]

        assert rows == twin.json()["answered"]["answer"]["rows"]
        assert [list(rows[0]), *([str(v) for v in row.values()] for row in rows)] == list(
            csv.reader(io.StringIO(table.text))
        )
        assert "attachment" in table.headers["content-disposition"]
        assert (200, 2) == (page.status_code, page.text.count("<svg"))
        assert EVIL not in page.text
        assert '<td class="number"><bdi>1</bdi></td>' in page.text
        assert "2 rows," in page.text

    @pytest.mark.parametrize("name", read_saved_queries())
    def test_form(self, get, name):
        """The form of a saved query asks for what the query takes, and for nothing else."""
        page = get("sql", saved=name, environment=unique()).text
        fields = set(re.findall(r'<(?:input|select)[^>]*name="(\w+)"', page.split("Its SQL")[0]))
        names = {"since": "days", "row_limit": "limit"}
        taken = set(re.findall(r"@(\w+)", read_saved_queries()[name].sql))

        assert {"saved", *(names.get(each, each) for each in taken)} == fields
        assert ("Say the steps" if name == "funnel" else "No rows") in page

    def test_own_sql(self, get):
        """SQL of one's own is in the link, in the form and answered; NULL is told from nothing."""
        sql = "SELECT NULL AS nothing, '' AS empty, [1, 2] AS several"
        page = get("sql", sql=sql).text

        assert "SELECT NULL AS nothing, &#39;&#39; AS empty" in page
        assert 1 == page.count('<span class="quiet">NULL</span>')
        assert "<bdi>[1, 2]</bdi>" in page

    def test_more_rows_than_shown(self, get):
        """A page shows a thousand rows, says how many there are, and a cell is never endless."""
        sql = "SELECT n, REPEAT('x', 9999) AS long FROM UNNEST(GENERATE_ARRAY(1, 1500)) AS n"
        page = get("sql", sql=sql).text

        assert "the first 1,000 of 1,500 rows" in page
        assert 1000 == page.count("9,999 characters")
        assert "x" * 501 not in page

    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            ("DELETE FROM events_function WHERE TRUE", "DELETE may change something"),
            ("CREATE TABLE made_by_a_link AS SELECT 1 AS one", "CREATE"),
            ("DROP TABLE events_function", "DROP"),
            ("SELECT 1; DROP TABLE events_function", "several statements"),
        ],
    )
    @pytest.mark.parametrize("path", ["sql.json", "sql/rows.csv"])
    def test_links_change_nothing(self, get, pipeline, history, statement, words, path):
        """Whatever a link asks for, the data stays: what may change it is refused, and why."""
        history.batch(at(1), {})
        history.settle()
        answer = get(path, sql=statement)
        left = "SELECT COUNT(*) FROM events.events_function WHERE analytics_environment = "

        assert (400, True) == (answer.status_code, words in answer.json()["message"])
        assert [(1,)] == pipeline.query(f"{left}'{history.environment}'")
        assert 0 == sum(
            each.table_id == "made_by_a_link" for each in pipeline.warehouse.list_tables("events")
        )

    def test_mistake(self, get):
        """BigQuery's words point at the place, beside the form that has the SQL still."""
        page = get("sql", sql="SELECT 1,\n  nope FROM events").text

        assert "Unrecognized name: nope at [2:3]\n\n  nope FROM events\n  ^" in page
        assert "SELECT 1,\n  nope FROM events</textarea>" in page

    @pytest.mark.parametrize("link", [{}, {"saved": "funnel"}])
    def test_nothing_asked(self, get, link):
        """A table of nothing is refused, and says what lacks."""
        answer = get("sql/rows.csv", **link)

        assert (400, True) == (answer.status_code, "say what to ask" in answer.text)

    def test_unknown_name(self, get):
        """A name that is wrong is told, with the one that may be meant."""
        assert "did you mean retention" in get("sql", saved="retentoin").text


class TestCharts:
    def test_gallery(self, history, get):
        """Each chart is drawn of the days asked for, and is a link to its rows."""
        for days_ago, player in ((3, "ann"), (2, "ann"), (2, "bob")):
            session = {"sessionId": f"s-{days_ago}-{player}", "playerId": player}
            history.batch(
                at(days_ago),
                {**session, "eventType": "start", "buildVersion": "1"},
                {**session, "eventType": EVIL, "buildVersion": "1"},
            )
        history.settle()
        link = {"environment": history.environment, "days": "7", "steps": f"start,{EVIL}"}
        page, twin = get("charts", **link), get("charts.json", **link)

        charts = {each["saved"]: each for each in twin.json()["charts"]}
        assert {
            *("new_players", "retention", "funnel", "session_length", "daily_event_types"),
            "crash_free_sessions",
        } == set(charts)
        assert [2, 2] == [row["players"] for row in charts["funnel"]["answered"]["answer"]["rows"]]
        assert 0 == page.text.count("Nothing yet")
        assert 5 == page.text.count('role="img"')
        assert 'class="heat-' in page.text
        assert EVIL not in page.text
        shown = get(f"sql.json?{charts['funnel']['link']}").json()
        assert charts["funnel"]["answered"] == shown["answered"]

    def test_usual_steps(self, history, get):
        """Without steps, the types of most players are those of the funnel."""
        both = [{"eventType": "start", "playerId": name} for name in ("ann", "bob")]
        history.batch(at(1), *both, {"eventType": "stop", "playerId": "ann"})
        history.settle()

        assert "start,stop" == get("charts.json", environment=history.environment).json()["steps"]

    def test_asked_once(self, get, pipeline):
        """Each query runs once for a page, and not again for a reload: its answer is kept."""

        def jobs():
            return sum(1 for _ in pipeline.warehouse.list_jobs())

        link = {"environment": unique(), "steps": "a,b"}
        before = jobs()
        get("charts", **link)
        asked = jobs()
        get("charts", **link)
        get("charts.json", **link)

        assert (6, 6) == (asked - before, jobs() - before)

    def test_nothing(self, get):
        """Without events the page says how to send one."""
        page = get("charts", environment=unique()).text

        assert (0, 6) == (page.count("<svg"), page.count("Nothing yet"))
        assert "curl --data" in page

    def test_no_number(self, get):
        """What makes no sense is refused, as a whole."""
        answer = get("charts", days="many")

        assert (400, True) == (answer.status_code, "days: " in answer.text)

    def test_style(self, get):
        """The pictures have their looks from a file, as the pages' rules want."""
        assert "pygal-chart" in get("charts/chart.css").text
