"""`teardown`: it lists first, and deletes only what was named twice."""

import io
import json
import re
import shutil

import pytest
import requests
from rich.console import Console

from analytics_commands.foundation.deployment.programs import Shell
from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_commands.teardown import command as teardown
from analytics_commands.teardown.holdings import Holding, list_holdings

ROWS = [{"name": "imported", "n": "1234567"}, {"name": "dead_letters", "n": "0"}]
_IMPORT = "CREATE TABLE events.imported AS SELECT 1 AS n UNION ALL SELECT 2"
KINDS = {"imported": "TABLE", "dead_letters": "TABLE", "events": "VIEW", "events_gcs": "EXTERNAL"}


def tables(kinds):
    """Return what `bq ls` prints."""
    return json.dumps(
        [{"type": kind, "tableReference": {"tableId": name}} for name, kind in kinds.items()]
    )


@pytest.fixture(name="cloud")
def _cloud(programs):
    """Programs that answer as for a deployment that holds data."""
    programs.install("gcloud", "terraform", "bq")
    programs.answer_outputs()
    programs.answer("ls events", tables(KINDS))
    programs.answer("storage ls", "  12  gs://demo-events/x\nTOTAL: 2 objects, 5120 bytes (5kiB)")
    programs.answer("query", json.dumps(ROWS))
    return programs


def run(*options):
    """Run the command; returns its exit code."""
    return teardown.main(["--project-id", "demo", "--yes", *options])


def test_lists_and_deletes_nothing(cloud, capfd):
    """Without --delete-data it prints what would be lost to data and clients, and changes nothing.

    That is each table that has rows, whoever made it; no other is queried.
    """
    assert 0 == run()

    printed = capfd.readouterr()
    assert ["2", "objects", "5,120"] == printed.out.split("gs://demo-events")[1].split()[:3]
    assert ["1,234,567", "rows"] == printed.out.split("events.imported")[1].split()[:2]
    assert "events.dead_letters" not in printed.out
    assert "the address https://gateway.invalid, and the API keys of app, game" in printed.out
    assert "Nothing was deleted" in printed.err
    (query,) = [call for call in cloud.calls() if " query " in call]
    assert ["imported", "dead_letters"] == re.findall(r"`demo\.events\.(\w+)`", query)
    acting = {"apply", "destroy", "rm", "-or-create"}
    assert [] == [call for call in cloud.calls() if acting & set(call.split())]


@pytest.mark.parametrize(("many", "queries"), [(0, 0), (200, 1), (201, 2)])
def test_many_tables(cloud, many, queries):
    """Tables are counted some at a time, as BigQuery takes no more; none needs no query."""
    names = [f"day_{number}" for number in range(many)]
    cloud.answer("ls events", tables(dict.fromkeys(names, "TABLE")) if names else "")
    cloud.answer("query", json.dumps([{"name": name, "n": "1"} for name in names]))

    assert 0 == run()

    assert queries == len([call for call in cloud.calls() if " query " in call])


@pytest.mark.parametrize("typed", ["dem", "demo2", "DEMO", ""])
def test_the_project_has_to_be_typed(cloud, capfd, typed):
    """Anything but the project's own id is refused before a single command runs."""
    with pytest.raises(SystemExit) as caught:
        run("--delete-data", typed)

    assert 2 == caught.value.code
    assert "nothing was deleted" in capfd.readouterr().err
    assert [] == cloud.calls()


def test_deletes_what_was_named_twice(cloud):
    """Protection is lifted, the bucket is emptied, and the rest destroyed, in this order."""
    assert 0 == run("--delete-data", "demo")

    options = "-auto-approve -var=project_id=demo -var=deletion_protection=false"
    assert [
        f"terraform -chdir=terraform apply {options}",
        "gcloud storage rm gs://demo-events/**",
        f"terraform -chdir=terraform destroy {options}",
    ] == cloud.calls()[-3:]


def test_an_empty_bucket(cloud, capfd):
    """A bucket without objects is listed as such, and not emptied."""
    cloud.answer("storage ls", "ERROR: One or more URLs matched no objects.", 1)

    assert 0 == run("--delete-data", "demo")

    assert not [call for call in cloud.calls() if " rm " in call]
    assert ["0", "objects", "0"] == capfd.readouterr().out.split("gs://demo-events")[1].split()[:3]


@pytest.mark.parametrize(
    ("words", "printed", "code"),
    [
        ("storage ls", "ERROR: permission denied", 1),
        ("storage ls", "something new", 0),
        ("ls events", "BigQuery error: not found", 2),
        ("query", "BigQuery error: not found", 2),
        ("select", 'Workspace "demo" does not exist.', 1),
    ],
)
def test_what_cannot_be_listed_is_not_deleted(cloud, capfd, words, printed, code):
    """When counting fails, nothing is deleted."""
    cloud.answer(words, printed, code)

    assert 1 == run("--delete-data", "demo")

    assert not [call for call in cloud.calls() if {"apply", "destroy", "rm"} & set(call.split())]
    assert "error: " in capfd.readouterr().err


def test_a_failed_destroy(cloud, capfd):
    """When Terraform cannot destroy, the exit code says so."""
    cloud.answer("destroy", "Error: busy", 1)

    assert 1 == run("--delete-data", "demo")

    assert "`terraform destroy` ended with 1" in capfd.readouterr().err


def test_dry_run(cloud, capsys):
    """A rehearsal prints every command, and runs none."""
    assert 0 == run("--delete-data", "demo", "--dry-run")

    printed = capsys.readouterr().out.splitlines()
    assert [] == cloud.calls()
    assert printed[-1].startswith("terraform -chdir=terraform destroy ")
    assert "gcloud storage rm 'gs://BUCKET/**'" == printed[-2]


@pytest.mark.clients
@pytest.mark.skipif(
    not (shutil.which("bq") and shutil.which("gcloud")), reason="bq or gcloud is not installed"
)
def test_counts_with_the_real_programs(tmp_path, monkeypatch):
    """The real gcloud and bq count what a running pipeline holds."""
    with running_pipeline(tmp_path / "data") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        queries = "/bigquery/v2/projects/local-project/queries"
        requests.post(
            variables["BIGQUERY_EMULATOR_HOST"] + queries,
            json={"query": _IMPORT, "useLegacySql": False},
            timeout=30,
        ).raise_for_status()
        shell = Shell(Console(file=io.StringIO()), tmp_path)
        holdings = list_holdings(
            shell,
            variables["GOOGLE_CLOUD_PROJECT"],
            bucket=variables["BUCKET_NAME"],
            dataset=variables["BIGQUERY_DATASET"],
        )

    assert (
        Holding("gs://local-events", 1, "objects", 0),  # the first object of every deployment
        Holding("events.imported", 2, "rows"),
    ) == holdings
