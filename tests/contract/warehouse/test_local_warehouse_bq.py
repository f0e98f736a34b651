"""Local BigQuery: the real `bq` command runs the documented commands against it."""

import json
import os
import shutil
import subprocess

import pytest
from local_warehouse import PROJECT, create_pipeline_tables, make_row, running_warehouse

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(shutil.which("bq") is None, reason="the bq command is not installed"),
]
LINE = {"buildVersion": "1", "eventType": "shot", "batchId": "b", "receivedTimestamp": 1.5}


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("bq")) as warehouse:
        yield warehouse


@pytest.fixture(name="bq")
def _bq(warehouse, tmp_path):
    """Run bq with arguments; return what it prints as JSON."""
    token, settings = tmp_path / "token", tmp_path / "bigqueryrc"
    token.write_text("local")
    settings.write_text(f"api = {warehouse.url}\nproject_id = {PROJECT}\n")
    environment = {
        **os.environ,
        "BIGQUERYRC": str(settings),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
    }

    def run(*arguments):
        command = [shutil.which("bq"), "--format=json", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stdout + done.stderr
        return json.loads((done.stdout.strip() or "null").splitlines()[-1])

    return run


def test_documented_query(warehouse, bq):
    """`bq query` counts the rows of each batch, as the documentation has always shown."""
    dataset = create_pipeline_tables(warehouse)
    rows = [make_row(number) for number in range(4)]
    warehouse.client.insert_rows_json(f"{dataset}.events_function", rows)

    assert [{"n": "4", "freq": "1", "total_no_events": "4"}] == bq(
        "query",
        "--use_legacy_sql=false",
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM "
        f"(SELECT batch_id, COUNT(*) AS n FROM {dataset}.events_function "
        "WHERE event_type = 'shot' GROUP BY 1) a GROUP BY 1",
    )


def test_documented_external_query(warehouse, bq):
    """`bq query --external_table_definition` reads stored events straight from their objects."""
    folder = "data_type=json/analytics_environment=testing/event_category=cold"
    warehouse.objects.write(f"b/{folder}/event_ds=2026-01-01/event_time=0-8/s/o", json.dumps(LINE))

    assert [{"buildVersion": "1", "eventType": "shot", "n": "1"}] == bq(
        "--location=EU",
        "query",
        "--use_legacy_sql=false",
        "--external_table_definition=temporary_table::buildVersion:STRING,eventType:STRING"
        f"@NEWLINE_DELIMITED_JSON=gs://b/{folder}/*",
        "SELECT buildVersion, eventType, COUNT(*) AS n FROM temporary_table GROUP BY 1, 2",
    )


def test_load_and_show(warehouse, bq, tmp_path):
    """`bq load` uploads a local file; `bq show` describes the table that it made."""
    table = f"{warehouse.new_dataset()}.t"
    data = tmp_path / "rows.ndjson"
    data.write_text('{"a": 1, "j": {"k": 1.5}}\n{"a": 2}\n')
    bq("load", "--source_format=NEWLINE_DELIMITED_JSON", table, str(data), "a:INTEGER,j:JSON")

    assert ("TABLE", "2") == tuple(bq("show", table)[key] for key in ("type", "numRows"))


def test_errors(bq):
    """A query that cannot run fails the command with the warehouse's own words."""
    with pytest.raises(AssertionError, match="Not found: Dataset"):
        bq("query", "--use_legacy_sql=false", "SELECT * FROM nowhere.nothing")
