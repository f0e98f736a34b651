"""Saved queries: what each file promises, the command around them, CSV."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from analytics_commands.query import command as query
from analytics_commands.query.action import RETURNS_ROWS
from analytics_commands.query.delimited import write_csv
from analytics_commands.query.query_parameters import Parameters, parameters_of
from analytics_commands.query.saved_queries import (
    FOLDER,
    complete_name,
    read_saved_queries,
    suggest,
)
from analytics_pipeline.object_names import NO_SESSION

SAVED = read_saved_queries()
# "Reserved keywords" of the GoogleSQL lexical reference: none of them can name a column.
_WORDS = """
all and any array as asc assert_rows_modified at between by case cast collate contains create cross
cube current default define desc distinct else end enum escape except exclude exists extract false
fetch following for from full group grouping groups hash having if ignore in inner intersect
interval into is join lateral left like limit lookup merge natural new no not null nulls of on or
order outer over partition preceding proto qualify range recursive respect right rollup rows select
set some struct tablesample then to treat true unbounded union unnest using when where window with
within"""
RESERVED = set(_WORDS.split())
USAGE = 2


def refusal(capsys, *arguments):
    """Return what the command says when it takes the command line for wrong."""
    with pytest.raises(SystemExit) as caught:
        query.main(arguments)

    assert USAGE == caught.value.code
    return capsys.readouterr().err.splitlines()[-1]


class TestFiles:
    def test_there_are_many(self):
        """Every file of the folder is a query, in alphabetical order."""
        assert sorted(path.stem for path in FOLDER.iterdir()) == list(SAVED)
        assert 20 == len(SAVED)

    @pytest.mark.parametrize("saved", SAVED.values(), ids=list(SAVED))
    def test_description(self, saved):
        """The first line says in one or two sentences what the query answers."""
        assert saved.sql.startswith(f"-- {saved.description}\n")
        assert re.fullmatch(r"[A-Z].{20,95}\.", saved.description)

    @pytest.mark.parametrize("saved", SAVED.values(), ids=list(SAVED))
    def test_parameters(self, saved):
        """Every query reads few partitions, takes any environment or one, and ends somewhere."""
        pruned = re.search(r"(received|dead_lettered)_date >= (DATE_SUB\()?@since", saved.sql)

        assert pruned
        either = "(@environment IS NULL OR analytics_environment = @environment)"
        assert either in saved.sql
        assert saved.sql.endswith("\nLIMIT @row_limit\n")
        used = parameters_of(saved.sql)
        assert {"since", "environment", "row_limit"} == used - {"by", "steps"}

    @pytest.mark.parametrize("name", [name for name, each in SAVED.items() if "@by" in each.sql])
    def test_days(self, name):
        """A day is that of receipt or of the client, who cannot have sent what was still to come.

        So the partitions from the first day on hold all events of the first day and later.
        """
        sql = " ".join(SAVED[name].sql.split())
        day, moment = (
            f"IF( @by = 'event' AND {happened} < {received}, {happened}, {received} )"
            for happened, received in (
                ("DATE(corrected_timestamp)", "received_date"),
                ("corrected_timestamp", "received_timestamp"),
            )
        )

        assert 1 == sql.count("@by") == sql.count(day) + sql.count(moment)
        assert re.search(r"WHERE (day|DATE\((minute|moment)\)|seen_day) >= |BETWEEN @since", sql)

    @pytest.mark.parametrize("saved", SAVED.values(), ids=list(SAVED))
    def test_no_session(self, saved):
        """What stands for no session is none, wherever sessions are looked at."""
        assert ("session_id" in saved.sql) == (f"'{NO_SESSION}'" in saved.sql)

    @pytest.mark.parametrize("saved", SAVED.values(), ids=list(SAVED))
    def test_names_of_columns(self, saved):
        """No column has a name that GoogleSQL reserves."""
        names = {name.lower() for name in re.findall(r"\bAS (\w+)", saved.sql)}

        assert names
        assert set() == names & RESERVED


class TestSuggestions:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("session", "sessions"),
            ("retentoin", "retention"),
            ("dead_letter_by_reason", "dead_letters_by_reason"),
            ("minute", "events_per_minute"),
            ("LAG", "load_lag"),
        ],
    )
    def test_close(self, written, meant):
        """A slip of the pen, or a part of a name, is understood."""
        assert meant in suggest(written, SAVED)

    def test_several(self):
        """All that may be meant is suggested, the closest first."""
        assert ["sessions", "session_gaps", "session_length"] == suggest("session", SAVED)

    def test_nothing_close(self):
        """Nothing is suggested for what means nothing."""
        assert [] == suggest("xyzzy", SAVED)


def test_completion():
    """A shell completes the names of saved queries, and nothing else."""
    (name,) = (each for each in query.build_parser()._actions if each.dest == "name")

    assert ["session_gaps", "session_length", "sessions"] == name.completer(prefix="sess")
    assert list(SAVED) == complete_name("")
    assert [] == complete_name("xyzzy")


class TestParameters:
    def test_as_comments(self):
        """Each parameter of the SQL is a comment with a literal, on one line whatever it is."""
        parameters = Parameters(date(2026, 1, 31), 'a"\nDROP', 5, "event", ("é", '"'))
        names = ("since", "environment", "row_limit", "by", "steps")

        assert (
            '-- @since = DATE \'2026-01-31\'\n-- @environment = "a\\"\\nDROP"\n-- @row_limit = 5\n'
            '-- @by = "event"\n-- @steps = ["é", "\\""]\n'
        ) == parameters.as_comments(" ".join(f"@{name}" for name in names))

    def test_those_that_are_not_used(self):
        """What the SQL does not ask for is not mentioned."""
        parameters = Parameters(date(2026, 1, 31), None, 5)

        assert "-- @environment = NULL\n" == parameters.as_comments("SELECT @environment, @sin")


class TestCsv:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            *(
                ("=1+1", "'=1+1"),
                ("@SUM(A1)", "'@SUM(A1)"),
                ("+cmd|' /C x'!A0", "'+cmd|' /C x'!A0"),
            ),
            *(("-1+1", "'-1+1"), ("-", "'-"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1")),
            *(("-1.5", "-1.5"), ("+1", "+1"), ("a=1", "a=1"), ("", ""), (-1, "-1")),
            *(("a\r=1", "a\r=1"), ("a\n=1", "a\n=1"), ('"\r=1', '"\r=1')),
        ],
    )
    def test_formulas(self, text, written):
        """What a client wrote is no formula in a spreadsheet, and a number stays one."""
        file = io.StringIO(newline="")
        write_csv([{"column": text, "b": 1}], file)

        assert [["column", "b"], [written, "1"]] == list(
            csv.reader(io.StringIO(file.getvalue(), newline=""))
        )

    def test_values(self):
        """Texts are quoted where needed; NULL is empty; times are ISO 8601; JSON is its text."""
        record = {
            "text": 'a,"b"\nc',
            "nothing": None,
            "empty": "",
            "time": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
            "day": date(2026, 1, 2),
            "yes": True,
            "float": 0.1,
            "wide": 2**63 - 1,
            "exact": Decimal("1.10"),
            "json": {"a": [None, "é"]},
            "array": [datetime(2026, 1, 2, tzinfo=UTC)],
        }
        file = io.StringIO()
        write_csv([record, record], file)

        line = (
            '"a,""b""\nc",,,2026-01-02T03:04:05.000006Z,2026-01-02,true,0.1,9223372036854775807,'
            '1.10,"{""a"": [null, ""é""]}","[""2026-01-02T00:00:00Z""]"\n'
        )
        assert ",".join(record) + "\n" + line + line == file.getvalue()

    def test_nothing(self):
        """Without a row nothing is written."""
        file = io.StringIO()
        write_csv([], file)

        assert "" == file.getvalue()


class TestStatements:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT 1",
            "\n -- first\n#second\n/* third;\n */ ((select 1))",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "FROM events |> AGGREGATE COUNT(*)",
        ],
    )
    def test_with_rows(self, sql):
        """Of these, no rows are an answer."""
        assert RETURNS_ROWS.match(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            *("CREATE TABLE t AS SELECT 1", "-- SELECT\nDROP TABLE t", "/* SELECT 1 */ TRUNCATE"),
            *("INSERT INTO t SELECT 1", "DELETE FROM t WHERE TRUE", "SELECTED", ""),
        ],
    )
    def test_without_rows(self, sql):
        """These are done when they are done."""
        assert not RETURNS_ROWS.match(sql)


class TestCommand:
    def test_list(self, capsys):
        """Without a name all saved queries are listed; no pipeline is needed for that."""
        assert 0 == query.main([])

        printed = " ".join(capsys.readouterr().out.split())
        assert all(f"{each.name} {each.description}" in printed for each in SAVED.values())

    def test_list_for_machines(self, capsys):
        """The list is to be had as JSON and as CSV."""
        query.main(["--json"])
        lines = capsys.readouterr().out.splitlines()
        query.main(["--csv"])
        header, *rows = capsys.readouterr().out.splitlines()

        assert [each.name for each in SAVED.values()] == [
            json.loads(line)["name"] for line in lines
        ]
        assert ("name,answers", len(SAVED)) == (header, len(rows))

    def test_show(self, capsys):
        """`--show` prints the SQL of the file below the parameters that it would run with."""
        arguments = ["sessions", "--show", "--days", "2", "--environment", "testing"]
        before = datetime.now(UTC).date()
        code = query.main([*arguments, "--limit", "9"])
        days = {before, datetime.now(UTC).date()}

        printed = capsys.readouterr().out
        sinces = {f"-- @since = DATE '{day - timedelta(days=2)}'" for day in days}
        assert 0 == code
        assert printed.endswith("\n" + SAVED["sessions"].sql)
        first, second, third = printed.splitlines()[:3]
        assert first in sinces
        assert ('-- @environment = "testing"', "-- @row_limit = 9") == (second, third)

    @pytest.mark.parametrize("name", SAVED)
    def test_show_alone(self, name, capsys):
        """Every query can be read before it is known what to ask it for."""
        assert 0 == query.main([name, "--show"])
        assert capsys.readouterr().out.endswith(SAVED[name].sql)

    def test_unknown_name(self, capsys):
        """A name that is wrong is told, with the one that may be meant."""
        said = refusal(capsys, "session")

        assert "there is no saved query 'session'; did you mean sessions" in said
        assert "without a NAME they are listed" in refusal(capsys, "xyzzy")

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["sessions", "--sql", "SELECT 1"], "without a NAME"),
            (["--show", "--sql", "SELECT 1"], "without --show"),
            (["--show"], "--show needs the NAME"),
            (["sessions", "--days", "-1"], "--days: '-1' is not a number of days from 0"),
            (["sessions", "--days", "40000"], "not a number of days from 0 to 36500"),
            (["sessions", "--limit", "0"], "--limit: '0' is not a number from 1 on"),
            (["sessions", "--csv", "--json"], "not allowed with"),
            (["sessions", "--csv", "--chart"], "not allowed with"),
            (["--chart"], "--chart needs the NAME"),
            (["--chart", "sessions"], "'sessions' is no FILE.html; the query's NAME goes before"),
            (["sessions", "--chart", "page.svg"], "'page.svg' is no FILE.html"),
            (["sessions", "--chart", "/no/such/a.html"], "there is no folder '/no/such'"),
            (["sessions", "--by", "event"], "--by means nothing to sessions"),
            (["retention", "--by", "day"], "--by: invalid choice: 'day'"),
            (["retention", "--steps", "a,b"], "--steps means nothing to retention"),
            (["funnel"], "funnel needs --steps"),
            (["funnel", "--steps", "a,,b"], "--steps: 'a,,b' is not event types such as"),
            (["funnel", "--steps", ""], "--steps: '' is not event types such as"),
            (["funnel", "--steps", ",".join("a" * 27)], "27 steps are more than 26"),
        ],
    )
    def test_usage(self, capsys, arguments, complaint):
        """What makes no sense together, or at all, is refused by name."""
        assert complaint in refusal(capsys, *arguments)
