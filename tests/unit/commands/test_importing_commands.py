"""Importing by hand: what BigQuery is asked, and the `bq` commands that ask the same."""

import shlex

import pytest

from analytics_commands.import_events.bq_commands import Bq, fits_a_shell
from analytics_commands.import_events.default_sql import counting
from analytics_commands.import_events.import_source import Source
from analytics_commands.import_events.imported_columns import default_columns, parse_columns
from analytics_commands.import_events.source_configs import external_config, load_config

BQ = Bq("my-project", "events", "EU")
URIS = ("gs://b/data_type=json/event_category=a/*", "gs://b/data_type=json/event_category=b/*")
PREFIX = "gs://b/data_type=json/{event_category:STRING}"
COLUMNS = "eventType:STRING,eventIndex:INTEGER"
HIVE = {"mode": "CUSTOM", "sourceUriPrefix": PREFIX}
SQL = "SELECT 'it''s', \"x\" FROM temporary_table"
WHERE = ["bq", "--location=EU", "--project_id=my-project"]


def source(hive_prefix=None):
    """Return two URIs and two columns."""
    return Source(URIS, parse_columns(COLUMNS), hive_prefix)


def commands(line):
    """Return the commands of a line, each as its words."""
    return [shlex.split(command) for command in line.split(" && ")]


class TestSource:
    @pytest.mark.parametrize("prefix", [None, PREFIX])
    def test_external(self, prefix):
        """An external table has the columns, no guesses, and leaves unknown fields alone."""
        sent = external_config(source(prefix)).to_api_repr()

        assert "NEWLINE_DELIMITED_JSON" == sent["sourceFormat"]
        assert list(URIS) == sent["sourceUris"]
        assert (True, False) == (sent["ignoreUnknownValues"], sent["autodetect"])
        fields = [(field["name"], field["type"]) for field in sent["schema"]["fields"]]
        assert [("eventType", "STRING"), ("eventIndex", "INTEGER")] == fields
        assert (HIVE if prefix else None) == sent.get("hivePartitioningOptions")

    @pytest.mark.parametrize("prefix", [None, PREFIX])
    def test_load(self, prefix):
        """A load job appends, creates a missing table, and takes no bad record."""
        sent = load_config(source(prefix)).to_api_repr()["load"]

        assert ("WRITE_APPEND", "CREATE_IF_NEEDED") == (
            sent["writeDisposition"],
            sent["createDisposition"],
        )
        assert sent["ignoreUnknownValues"]
        assert "maxBadRecords" not in sent
        assert 2 == len(sent["schema"]["fields"])
        assert (HIVE if prefix else None) == sent.get("hivePartitioningOptions")

    def test_descriptions(self):
        """Columns of the schema file keep their descriptions, columns of a text have none."""
        described = external_config(Source(URIS, default_columns())).to_api_repr()["schema"]
        bare = external_config(source()).to_api_repr()["schema"]

        assert all(field["description"] for field in described["fields"])
        assert not any("description" in field for field in bare["fields"])


class TestCounting:
    @pytest.mark.parametrize("prefix", [None, PREFIX])
    def test_ids(self, prefix):
        """Counting reads the events' ids, whatever columns are wanted; other columns stay."""
        asked = source(prefix)
        counted, sql = counting(asked)

        assert asked.columns == counted.columns[:-1]
        assert ("eventId", asked.hive_prefix) == (counted.columns[-1].name, counted.hive_prefix)
        assert "COUNT(DISTINCT eventId)" in sql

    @pytest.mark.parametrize("name", ["eventId", "EVENTID"])
    def test_ids_that_are_wanted(self, name):
        """A column that is there already, in any case, is not read twice."""
        asked = Source(URIS, parse_columns(f"{name}:STRING"))

        assert asked == counting(asked)[0]


class TestBq:
    def test_query(self):
        """A definition is made, then the query runs; the SQL is one word, whatever its quotes."""
        make, query = commands(BQ.query(source(), SQL))

        assert [
            *("bq", "mkdef", "--noautodetect"),
            *("--source_format=NEWLINE_DELIMITED_JSON", "--ignore_unknown_values"),
            *(",".join(URIS), COLUMNS),
            *(">", "temporary_table.definition.json"),
        ] == make
        assert [
            *(*WHERE, "query", "--use_legacy_sql=false"),
            "--external_table_definition=temporary_table::temporary_table.definition.json",
            SQL,
        ] == query

    def test_hive(self):
        """The columns of the objects' names are part of the definition."""
        make, _ = commands(BQ.query(source(PREFIX), SQL))

        assert "--hive_partitioning_mode=CUSTOM" in make
        assert f"--hive_partitioning_source_uri_prefix={PREFIX}" in make

    def test_external(self):
        """A permanent table is made of a definition of its own name."""
        make, create = commands(BQ.external(source(), "cold", replace=False))

        assert [">", "cold.definition.json"] == make[-2:]
        assert [
            *(*WHERE, "mk", "--table", "--external_table_definition=cold.definition.json"),
            "events.cold",
        ] == create

    def test_replace(self):
        """Only replacing removes a table."""
        _, remove, _ = commands(BQ.external(source(), "cold", replace=True))

        assert [*WHERE, "rm", "--force", "--table", "events.cold"] == remove

    def test_native(self):
        """Loading is one command."""
        (load,) = commands(BQ.native(source(PREFIX), "cold"))

        assert [
            *(*WHERE, "load", "--source_format=NEWLINE_DELIMITED_JSON", "--ignore_unknown_values"),
            *("--hive_partitioning_mode=CUSTOM", f"--hive_partitioning_source_uri_prefix={PREFIX}"),
            *("events.cold", ",".join(URIS), COLUMNS),
        ] == load

    @pytest.mark.parametrize(("count", "fits"), [(10, True), (2000, False)])
    def test_length(self, count, fits):
        """More URIs than a shell takes in one word are noticed."""
        uris = tuple(f"gs://b/data_type=json/analytics_environment=e{n:05}/*" for n in range(count))

        assert fits == fits_a_shell(BQ.native(Source(uris * 2, parse_columns(COLUMNS)), "t"))
