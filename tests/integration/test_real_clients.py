"""Google's own command-line clients against the running pipeline."""

import json
import os
import shutil
import subprocess

import pytest
from pipeline_client import unique

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        not (shutil.which("bq") and shutil.which("gcloud")), reason="bq or gcloud is not installed"
    ),
]


@pytest.fixture(name="run")
def _run(variables):
    """Run a command as a shell that has sourced `env`; returns what it prints."""

    def run(*command):
        result = subprocess.run(
            command,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


def test_documented_count(pipeline, run):
    """The scale test's documented query answers through `bq query`."""
    event_type = unique("clients")
    answers = [
        pipeline.send([{"eventType": event_type}] * 4, event_category="function") for _ in range(3)
    ]
    for answer in answers:
        pipeline.wait_for_rows(4, answer["batch_id"])

    printed = run(
        "bq",
        "query",
        "--use_legacy_sql=false",
        "--format=json",
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM (SELECT batch_id,"
        f" COUNT(*) AS n FROM events.events_function WHERE event_type = '{event_type}'"
        " GROUP BY 1) a GROUP BY 1",
    )

    assert [{"n": "4", "freq": "3", "total_no_events": "12"}] == json.loads(printed)


def test_documented_external_table(pipeline, run):
    """The documented temporary external table reads stored events in place."""
    version = unique()
    pipeline.send(
        [{"buildVersion": version, "eventType": "start"}] * 3 + [{"other": 1}, 5],
        analytics_environment="testing",
        event_category="cold",
    )

    printed = run(
        "bq",
        "--location=EU",
        "query",
        "--use_legacy_sql=false",
        "--format=json",
        "--external_table_definition=temporary_table::buildVersion:STRING,eventType:STRING"
        f"@NEWLINE_DELIMITED_JSON=gs://{pipeline.bucket.name}/data_type=json/"
        "analytics_environment=testing/event_category=cold/*",
        "SELECT buildVersion, eventType, COUNT(*) AS n FROM temporary_table GROUP BY 1, 2",
    )

    rows = json.loads(printed)
    assert {"buildVersion": version, "eventType": "start", "n": "3"} in rows


def test_gcloud_storage(pipeline, run, tmp_path):
    """`gcloud storage` lists, prints and copies what was stored."""
    environment = unique()
    pipeline.send({"message": "for gcloud"}, analytics_environment=environment)
    folder = f"gs://{pipeline.bucket.name}/data_type=json/analytics_environment={environment}"

    (uri,) = run("gcloud", "storage", "ls", f"{folder}/**").split()
    content = run("gcloud", "storage", "cat", uri)
    run("gcloud", "storage", "cp", uri, str(tmp_path / "copy.ndjson"))

    assert "for gcloud" == json.loads(content)["message"]
    assert content == (tmp_path / "copy.ndjson").read_text()
