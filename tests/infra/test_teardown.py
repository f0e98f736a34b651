"""`teardown`: it lists first, and deletes only what was named twice."""

import io
import json
import shutil

import pytest
from rich.console import Console

from analytics_commands.foundation.deployment.programs import Shell
from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_commands.teardown import command as teardown
from analytics_commands.teardown.holdings import Holding, list_holdings

ROWS = [{"name": "events_function", "n": "1234567"}, {"name": "dead_letters", "n": "0"}]


@pytest.fixture(name="cloud")
def _cloud(programs):
    """Programs that answer as for a deployment that holds data."""
    programs.install("gcloud", "terraform", "bq")
    programs.answer_outputs()
    programs.answer("storage ls", "  12  gs://demo-events/x\nTOTAL: 2 objects, 5120 bytes (5kiB)")
    programs.answer("query", json.dumps(ROWS))
    return programs


def run(*options):
    """Run the command; returns its exit code."""
    return teardown.main(["--project-id", "demo", "--yes", *options])


def test_lists_and_deletes_nothing(cloud, capfd):
    """Without --delete-data it prints objects, bytes and rows, and changes nothing."""
    assert 0 == run()

    printed = capfd.readouterr()
    assert ["2", "objects", "5,120"] == printed.out.split("gs://demo-events")[1].split()[:3]
    assert ["1,234,567", "rows"] == printed.out.split("events.events_function")[1].split()[:2]
    assert "Nothing was deleted" in printed.err
    acting = {"apply", "destroy", "rm", "-or-create"}
    assert [] == [call for call in cloud.calls() if acting & set(call.split())]


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
        shell = Shell(Console(file=io.StringIO()), tmp_path)
        holdings = list_holdings(
            shell,
            variables["GOOGLE_CLOUD_PROJECT"],
            bucket=variables["BUCKET_NAME"],
            dataset=variables["BIGQUERY_DATASET"],
        )

    assert (
        Holding("gs://local-events", 1, "objects", 0),  # the first object of every deployment
        Holding("events.events_function", 0, "rows"),
        Holding("events.dead_letters", 0, "rows"),
    ) == holdings
