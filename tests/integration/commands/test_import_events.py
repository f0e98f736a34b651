"""`import_events` on the running pipeline: the three ways, and the same by `bq`."""

import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from faulty_cloud import FaultyCloud, google_error
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from pipeline_client import unique, wait_for_another_second
from place import Place
from serving import serve
from starlette.responses import JSONResponse

from analytics_commands.import_events import command as import_events
from analytics_commands.import_events.import_source import Source
from analytics_commands.import_events.imported_columns import parse_columns
from analytics_commands.import_events.importer import Importer

WIDE = 2**63 - 1
needs_bq = [
    pytest.mark.clients,
    pytest.mark.skipif(shutil.which("bq") is None, reason="the bq command is not installed"),
]


class Imports(Place):
    """An environment of its own, what is imported of it, and tables of its own."""

    def __init__(self, pipeline, command):
        super().__init__(pipeline)
        self._command = command
        self.table = unique("imported").replace("-", "_")

    def run(self, way, *arguments):
        """Import of this environment; returns exit code, stdout, stderr."""
        return self._command(import_events, way, "--environment", self.environment, *arguments)

    def into_table(self, way, *arguments):
        """Import into the table of this place, which must succeed; returns what is printed."""
        code, out, err = self.run(way, "--table", self.table, "--json", *arguments)
        assert 0 == code, err
        return json.loads(out)

    def query(self, *arguments):
        """Query, which must succeed; returns the rows."""
        code, out, err = self.run("query", "--json", *arguments)
        assert 0 == code, err
        return [json.loads(line) for line in out.splitlines()]

    def imported(self, columns, rest="ORDER BY 1"):
        """Return what the table holds."""
        return self.pipeline.query(f"SELECT {columns} FROM events.{self.table} {rest}")


@pytest.fixture(name="imports")
def _imports(pipeline, command):
    return Imports(pipeline, command)


@pytest.fixture(name="stored")
def _stored(imports):
    """Five events in two categories, on three days."""
    shot = {"eventType": "shot", "buildVersion": "1.10", "level": {"deep": [1]}}
    imports.send([shot, {"eventType": "start"}], "cold", event_ds="2026-04-30")
    imports.send([shot], "cold", event_ds="2026-05-01")
    imports.send([shot, {}], "warm", event_ds="2026-05-02", event_time="8-16")
    return imports


class TestQuery:
    def test_default(self, stored):
        """Without SQL, events are counted by environment, category and type."""
        shared = {"analytics_environment": stored.environment}
        assert [
            {**shared, "event_category": "cold", "eventType": "shot", "events": 2},
            {**shared, "event_category": "cold", "eventType": "start", "events": 1},
            {**shared, "event_category": "warm", "eventType": None, "events": 1},
            {**shared, "event_category": "warm", "eventType": "shot", "events": 1},
        ] == stored.query()
        assert stored.query() == stored.query("--hive")

    @pytest.mark.parametrize("options", [(), ("--hive",), ("--schema", "eventType:STRING")])
    def test_sent_again(self, imports, options):
        """An event that was sent again counts once; those of writers that give no id count all."""
        for _ in range(2):
            imports.send(
                [{"eventType": "a"}, {"eventType": "a"}],
                "cold",
                headers={"Idempotency-Key": "the-same-key-twice"},
            )
            wait_for_another_second()
        imports.store([{"eventType": "a"}, {"eventType": "b"}], "cold")

        counts = {row["eventType"]: row["events"] for row in imports.query(*options)}
        assert {"a": 3, "b": 1} == counts

    @pytest.mark.parametrize(
        ("span", "expected"),
        [
            (("--since", "2026-05-01"), ["2026-05-01", "2026-05-02", "2026-05-02"]),
            (("--until", "2026-05-02"), ["2026-04-30", "2026-04-30", "2026-05-01"]),
            (("--since", "2026-05-01", "--until", "2026-05-02"), ["2026-05-01"]),
            (("--category", "warm"), ["2026-05-02", "2026-05-02"]),
            (("--category", "cold", "--since", "2026-05-01"), ["2026-05-01"]),
        ],
    )
    def test_selection(self, stored, span, expected):
        """Days are those of the objects' names: from the first on, and before the last."""
        sql = "SELECT event_ds FROM temporary_table ORDER BY event_ds"

        assert expected == [row["event_ds"] for row in stored.query("--hive", "--sql", sql, *span)]

    def test_any_environment(self, stored, command):
        """Without an environment, all of them are read."""
        code, out, _ = command(import_events, "query", "--category", "warm", "--json")
        rows = [json.loads(line) for line in out.splitlines()]

        assert 0 == code
        mine = [row for row in rows if row["analytics_environment"] == stored.environment]
        assert 2 == sum(row["events"] for row in mine)

    def test_columns(self, stored):
        """Fields become the types of the schema; unknown ones are ignored, missing ones NULL."""
        schema = "eventType:STRING,buildVersion:FLOAT,level:JSON,nothing:DATE"
        sql = "SELECT * FROM temporary_table WHERE eventType != 'x' ORDER BY eventType"
        rows = stored.query(
            "--schema", schema, "--sql", sql, "--category", "cold", "--until", "2026-05-01"
        )

        assert [
            {
                "eventType": "shot",
                "buildVersion": 1.1,
                "level": {"deep": [1]},
                "nothing": None,
            },
            {"eventType": "start", "buildVersion": None, "level": None, "nothing": None},
        ] == rows

    def test_columns_of_the_name(self, stored):
        """With --hive, what the objects' names say are columns of their types."""
        sql = (
            "SELECT DISTINCT analytics_environment, event_category, event_ds, event_time"
            " FROM temporary_table WHERE event_ds > DATE '2026-05-01'"
        )

        assert [
            {
                "analytics_environment": stored.environment,
                "event_category": "warm",
                "event_ds": "2026-05-02",
                "event_time": "8-16",
            }
        ] == stored.query("--hive", "--sql", sql)

    def test_table(self, stored):
        """People get a table."""
        code, out, err = stored.run("query", "--category", "cold")

        assert 0 == code, err
        assert "event_category" in out
        assert 2 == len(re.findall(r"\bcold\b", out))

    def test_wrong_sql(self, stored):
        """A query that BigQuery refuses ends with its words on one line, and exit code 1."""
        code, out, err = stored.run("query", "--sql", "SELECT nope FROM temporary_table")

        assert (1, "") == (code, out)
        last = err.splitlines()[-1]
        assert last.startswith("error: the query failed: ")
        assert "nope" in last

    @pytest.mark.parametrize("way", ["query", "external", "native"])
    def test_nothing_selected(self, stored, way):
        """Nothing selected is told in one line, and nothing is asked of BigQuery."""
        table = () if way == "query" else ("--table", stored.table)
        code, out, err = stored.run(way, *table, "--since", "2026-06-01")

        assert (1, "") == (code, out)
        bucket = stored.pipeline.bucket.name
        assert (
            f"error: no events are stored in gs://{bucket} for environment {stored.environment},"
            " any category, from 2026-06-01\n"
        ) == err


class TestExternal:
    def test_reads_what_is_there(self, stored):
        """The table shows what is stored whenever it is queried, of the part selected."""
        made = stored.into_table("external", "--category", "cold")
        before = stored.imported("COUNT(*)")
        stored.send([{}], "cold")
        stored.send([{}], "warm")

        assert f"local-project.events.{stored.table}" == made["table"]
        assert 1 == len(made["uris"])
        assert ([(3,)], [(4,)]) == (before, stored.imported("COUNT(*)"))

    def test_text(self, stored):
        """People are told what the table reads."""
        _, out, _ = stored.run("external", "--table", stored.table, "--until", "2026-05-02")
        prefix = f"gs://{stored.pipeline.bucket.name}/data_type=json/analytics_environment="

        assert [
            f"local-project.events.{stored.table} reads what matches",
            f"  {prefix}{stored.environment}/event_category=cold/event_ds=2026-04-*",
            f"  {prefix}{stored.environment}/event_category=cold/event_ds=2026-05-01/*",
        ] == out.splitlines()

    def test_columns_of_the_name(self, stored):
        """With --hive, its columns are those of the events and of the objects' names."""
        stored.into_table("external", "--hive", "--schema", "eventType:STRING")

        assert [("shot", stored.environment, "cold", date(2026, 5, 1))] == stored.imported(
            "eventType, analytics_environment, event_category, event_ds",
            "WHERE event_ds = '2026-05-01'",
        )

    def test_existing_table(self, stored):
        """An existing table stays, unless it is external and may be replaced."""
        stored.into_table("external", "--category", "cold")
        code, _, err = stored.run("external", "--table", stored.table, "--category", "warm")
        kept = stored.imported("COUNT(*)")
        stored.into_table("external", "--category", "warm", "--replace")

        assert 1 == code
        assert f"error: there is a table {stored.table}: --replace" in err
        assert ([(3,)], [(2,)]) == (kept, stored.imported("COUNT(*)"))

    def test_new_table_with_replace(self, stored):
        """There need not be a table to be replaced."""
        stored.into_table("external", "--replace")

        assert [(5,)] == stored.imported("COUNT(*)")

    def test_native_table_is_not_replaced(self, stored):
        """A table that holds rows is neither replaced, nor is a command shown that would."""
        stored.into_table("native")
        code, _, err = stored.run("external", "--table", stored.table, "--replace")

        assert 1 == code
        assert (
            f"error: {stored.table} is no external table but a TABLE: it is not replaced\n" == err
        )
        assert [(5,)] == stored.imported("COUNT(*)")


class TestNative:
    def test_rows(self, stored):
        """All events of the selection become rows, and the number is printed."""
        loaded = stored.into_table("native", "--category", "cold")

        assert {"table": f"local-project.events.{stored.table}", "rows": 3} == loaded
        assert [(None, "start"), ("1.10", "shot"), ("1.10", "shot")] == stored.imported(
            "buildVersion, eventType"
        )

    def test_text(self, stored):
        """People read how many rows were loaded."""
        _, out, _ = stored.run("native", "--table", stored.table)

        assert f"5 rows were loaded into events.{stored.table}\n" == out

    def test_appends(self, stored):
        """Loading again appends; the events' ids tell what is there twice."""
        for _ in range(2):
            stored.into_table("native")

        assert [(10, 5)] == stored.imported("COUNT(*), COUNT(DISTINCT eventId)")

    def test_columns_of_the_name(self, stored):
        """With --hive, what the objects' names say is loaded, too, and can be appended to."""
        stored.into_table(
            "native", "--hive", "--since", "2026-05-01", "--schema", "eventType:STRING"
        )
        stored.into_table(
            "native", "--hive", "--until", "2026-05-01", "--schema", "eventType:STRING"
        )

        shared = stored.environment
        assert [
            (shared, "cold", date(2026, 4, 30), 2),
            (shared, "cold", date(2026, 5, 1), 1),
            (shared, "warm", date(2026, 5, 2), 2),
        ] == stored.imported(
            "analytics_environment, event_category, event_ds, COUNT(*)",
            "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )

    def test_values_that_fit(self, imports):
        """Wide integers and nested values are loaded as they are."""
        imports.send([{"n": WIDE, "j": {"a": [None, "é"]}}, {"n": "7", "j": "text"}], "cold")
        imports.into_table("native", "--schema", "n:INTEGER,j:JSON")

        assert [(7, "text"), (WIDE, {"a": [None, "é"]})] == imports.imported("n, j")

    @pytest.mark.parametrize("value", [WIDE + 1, "many", {"deep": 1}])
    def test_value_that_does_not_fit(self, imports, value):
        """One value that does not fit its column fails the job, with its place; nothing is in."""
        imports.send([{"n": 1}, {"n": value}], "cold")
        code, out, err = imports.run("native", "--table", imports.table, "--schema", "n:INTEGER")

        assert (1, "") == (code, out)
        last = err.splitlines()[-1]
        assert last.startswith("error: nothing was loaded: ")
        assert "integer" in last
        assert 2 == imports.into_table("native", "--schema", "m:INTEGER")["rows"]
        assert [(2,)] == imports.imported("COUNT(*)")

    def test_another_schema(self, stored):
        """What does not fit the columns of an existing table is refused in one line."""
        stored.into_table("native", "--schema", "eventType:STRING")
        code, _, err = stored.run("native", "--table", stored.table, "--schema", "other:STRING")

        assert 1 == code
        assert "error: nothing was loaded: Provided Schema does not match" in err

    def test_objects_that_keep_folders(self, imports):
        """Empty objects, as folders are kept by, are no rows and do no harm."""
        imports.send([{}], "cold", event_ds="2026-05-01")
        folder = f"data_type=json/analytics_environment={imports.environment}/event_category=cold"
        for name in (
            "event_ds=2026-05-01/event_time=0-8/s/.keep",
            "event_ds=2026-05-02/event_time=0-8/.keep",
        ):
            imports.pipeline.bucket.blob(f"{folder}/{name}").upload_from_string(b"")

        assert 1 == imports.into_table("native", "--hive")["rows"]
        assert [1] == [row["events"] for row in imports.query("--hive")]
        assert [] == imports.query("--since", "2026-05-02")

    def test_missing_dataset(self, stored):
        """A dataset that is not there is named."""
        code, _, err = stored.run("native", "--table", "t", "--dataset", "nowhere")

        assert 1 == code
        assert "error: the dataset local-project.nowhere cannot be read: Not found" in err
        assert 1 == len(err.splitlines())


def job(state="DONE", **error):
    """Return BigQuery's answer about a load job of four rows."""
    reference = {"projectId": "project", "jobId": "id", "location": "EU"}
    return JSONResponse(
        {
            "jobReference": reference,
            "configuration": {"jobType": "LOAD", "load": {}},
            "status": {"state": state, **error},
            "statistics": {"load": {"outputRows": "4"}},
        }
    )


def test_lost_answer():
    """A job whose answer was lost has run, and is not started again: its rows are counted once."""
    dataset = {"datasetReference": {"projectId": "p", "datasetId": "events"}, "location": "EU"}
    cloud = FaultyCloud(
        JSONResponse(dataset), google_error(503), google_error(409, "duplicate"), job()
    )
    with serve(cloud) as url:
        client = bigquery.Client(
            project="project",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": url},
        )
        importer = Importer(client, "project.events")
        loaded = importer.load(Source(("gs://b/*",), parse_columns("a:STRING")), "t")
        client.close()

    asked_for = cloud.requests[-1][1].rpartition("/")[2]
    starts = [json.loads(body) for method, _, body in cloud.requests if method == "POST"]
    assert 4 == loaded
    assert {asked_for} == {start["jobReference"]["jobId"] for start in starts}
    assert ["EU"] * 2 == [start["jobReference"]["location"] for start in starts]


class TestBq:
    pytestmark = needs_bq

    @pytest.fixture(name="bq")
    def _bq(self, variables, tmp_path):
        """Run a printed command in a shell that has sourced `env`; return its last line as JSON."""
        settings = tmp_path / "bigqueryrc"
        settings.write_text(Path(variables["BIGQUERYRC"]).read_text() + "format = json\n")

        def run(printed):
            told, line = printed.splitlines()
            assert "With bq:" == told
            done = subprocess.run(
                ["bash", "-c", line],
                env={**os.environ, **variables, "BIGQUERYRC": str(settings)},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert 0 == done.returncode, done.stdout + done.stderr
            return done.stdout

        return run

    @pytest.mark.parametrize("hive", [(), ("--hive",)], ids=["plain", "hive"])
    def test_query(self, stored, bq, hive):
        """The command that `query` prints gets the same rows."""
        span = ("--since", "2026-04-01", "--until", "2026-05-02")
        _, out, err = stored.run("query", "--json", *span, *hive)

        mine = [json.loads(line) for line in out.splitlines()]
        theirs = json.loads(bq(err).splitlines()[-1])
        assert [3] == [sum(row["events"] for row in mine)]
        assert [{**row, "events": str(row["events"])} for row in mine] == theirs

    @pytest.mark.parametrize("hive", [(), ("--hive",)], ids=["plain", "hive"])
    def test_external(self, stored, bq, hive):
        """The command that `external` prints makes the same table, also in place of another."""
        _, _, err = stored.run("external", "--table", stored.table, *hive)
        sql = f"SELECT TO_JSON_STRING(t) FROM events.{stored.table} AS t ORDER BY 1"
        mine = stored.pipeline.query(sql)
        stored.pipeline.query(f"DROP TABLE events.{stored.table}")
        bq(err)
        theirs = stored.pipeline.query(sql)
        _, _, err = stored.run("external", "--table", stored.table, "--replace", *hive)
        bq(err)

        assert 5 == len(mine)
        assert mine == theirs == stored.pipeline.query(sql)

    @pytest.mark.parametrize("hive", [(), ("--hive",)], ids=["plain", "hive"])
    def test_native(self, stored, bq, hive):
        """The command that `native` prints loads the same rows once more."""
        _, _, err = stored.run("native", "--table", stored.table, *hive)
        sql = f"SELECT TO_JSON_STRING(t) FROM events.{stored.table} AS t ORDER BY 1"
        mine = stored.pipeline.query(sql)
        bq(err)

        assert 5 == len(mine)
        assert sorted(mine * 2) == stored.pipeline.query(sql)
