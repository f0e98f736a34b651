"""`deploy`: its commands, their order, and what stops it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from shlex import quote

import pytest

from analytics_commands.deploy import command as deploy
from analytics_commands.foundation.deployment.terraform import Deployment
from checkout import ROOT

SUBSCRIPTION = "projects/demo/subscriptions/eventarc-1"
FIRST_SERVICES = "cloudresourcemanager.googleapis.com serviceusage.googleapis.com"
VALUE = "--format=value(transport.pubsub.subscription)"
FLAGS = (
    "--ack-deadline=600 --message-retention-duration=7d --min-retry-delay=10s"
    " --max-retry-delay=600s --dead-letter-topic={} --max-delivery-attempts=100"
)
TUNING = FLAGS.format("projects/demo/topics/undelivered")
BEFORE_SMOKE_TEST = f"""\
gcloud auth list --filter=status:ACTIVE --format=value(account)
gcloud auth application-default print-access-token
gcloud projects describe demo --format=value(lifecycleState)
gcloud billing projects describe demo --format=value(billingEnabled)
gcloud services enable {FIRST_SERVICES} --project=demo
terraform -chdir=terraform init -input=false
terraform -chdir=terraform workspace select -or-create demo
terraform -chdir=terraform apply -auto-approve -var=project_id=demo
terraform -chdir=terraform output -json
gcloud eventarc triggers describe load-1 --project=demo --location=europe-west1 {VALUE}
gcloud pubsub subscriptions update {SUBSCRIPTION} --project=demo {TUNING}""".splitlines()


@pytest.fixture(name="cloud")
def _cloud(programs):
    """Programs that answer as in a project where all is well."""
    programs.install("gcloud", "terraform", "bq")
    programs.answer("auth list", "ann@example.com")
    programs.answer("print-access-token", "token")
    programs.answer("projects describe", "ACTIVE")
    programs.answer("billing projects describe", "True")
    programs.answer_outputs()
    programs.answer("triggers describe", SUBSCRIPTION)
    return programs


def run(*options):
    """Run the command; returns its exit code."""
    return deploy.main(["--project-id", "demo", "--yes", "--wait-seconds", "0", *options])


def test_order(cloud, capfd):
    """Checks come first, then Terraform, then the delivery, and the smoke test last."""
    code = run()

    assert BEFORE_SMOKE_TEST == cloud.calls()
    assert 1 == code  # nobody answers at the gateway
    assert "error: not within 0 s: an event is accepted" in capfd.readouterr().err


def test_dry_run(cloud, capsys):
    """A rehearsal prints the same commands, with placeholders, and runs none."""
    assert 0 == run("--dry-run")

    printed = capsys.readouterr().out.replace("'", "").splitlines()
    assert [] == cloud.calls()
    for expected, line in zip(BEFORE_SMOKE_TEST, printed, strict=False):
        assert expected.split()[:3] == line.split()[:3]
    told = printed[len(BEFORE_SMOKE_TEST) :]
    assert ["curl", "bq", "curl", "curl"] == [line.split()[0] for line in told]


def test_all_checks_are_told_at_once(cloud, capfd):
    """What does not hold is named together with what to do, and nothing is created."""
    cloud.answer("auth list", "")
    cloud.answer("billing", "False")
    cloud.answer("projects describe demo --format=value(lifecycleState)", "denied", 1)

    assert 1 == run()

    said = capfd.readouterr().err
    assert "gcloud auth login" in said
    assert "gcloud projects create demo" in said
    assert "gcloud billing projects link demo" in said
    assert "application-default login" not in said
    assert BEFORE_SMOKE_TEST[:4] == cloud.calls()


def test_a_failed_apply(cloud, capfd):
    """When Terraform fails, nothing follows, and the exit code says so."""
    cloud.answer("apply", "Error: quota", 1)

    assert 1 == run()

    assert BEFORE_SMOKE_TEST[:8] == cloud.calls()
    assert "error: `terraform apply` ended with 1" in capfd.readouterr().err


def test_nothing_is_deployed(cloud, capfd):
    """Outputs that are missing are named."""
    cloud.answer("output -json", "{}")

    assert 1 == run()

    assert "not to the end: Terraform has no output 'gateway_url'" in capfd.readouterr().err


def test_a_missing_program(monkeypatch, tmp_path, capfd):
    """A program that is not installed is named."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert 1 == run()

    assert "gcloud is not installed, or not on the PATH" in capfd.readouterr().err


def test_what_is_not_replaced_is_not_there(cloud):
    """Tests find the programs that record, and those alone: no real one can be called."""
    assert {"gcloud", "terraform", "bq"} == set(cloud.callable())
    assert shutil.which("sh") is None


def test_programs_in_a_folder_with_a_space(programs):
    """What records and answers is called whatever the folder and the interpreter are named."""
    programs.install("gcloud")
    programs.answer("auth", "the answer")

    done = subprocess.run(["gcloud", "auth"], stdout=subprocess.PIPE, text=True, check=False)

    assert (0, "the answer\n") == (done.returncode, done.stdout)
    assert ["gcloud auth"] == programs.calls()


def test_ctrl_c_waits_for_terraform(tmp_path):
    """An interrupted command ends after the program it runs, which may have state to save."""
    program, started, saved = (tmp_path / name for name in ("program", "started", "saved"))
    program.write_text(
        "#!/bin/sh\n"
        f"trap 'kill $!; sleep 0.3; touch {quote(str(saved))}; exit 1' INT\n"
        f"sleep 30 & touch {quote(str(started))}; wait\n"
    )
    program.chmod(0o755)
    code = (
        "import pathlib, sys; from rich.console import Console;"
        "from analytics_commands.foundation.terminal.ending import run_command;"
        "from analytics_commands.foundation.deployment.programs import Shell;"
        "shell = Shell(Console(stderr=True), pathlib.Path());"
        "sys.exit(run_command(lambda: shell.run(sys.argv[1])))"
    )

    command = [sys.executable, "-c", code, program]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as group:
        while not started.exists():
            assert group.poll() is None
        os.killpg(group.pid, signal.SIGINT)

    assert 130 == group.returncode
    assert saved.exists()


def test_variables(cloud, tmp_path):
    """Files and assignments reach Terraform; the project of the command line wins."""
    file = tmp_path / "more.tfvars"

    run("--environment", "staging", "--var-file", str(file), "--var", "project_id=other")

    (applied,) = [call for call in cloud.calls() if " apply " in call]
    assert applied.endswith(
        f"apply -auto-approve -var-file={file} -var=project_id=other -var=project_id=demo"
        " -var=environment=staging"
    )
    assert "terraform -chdir=terraform workspace select -or-create demo.staging" in cloud.calls()


def test_terraform_asks(cloud):
    """Without --yes Terraform asks by itself."""
    deploy.main(["--project-id", "demo", "--wait-seconds", "0"])

    assert "terraform -chdir=terraform apply -var=project_id=demo" in cloud.calls()


def test_terraform_has_the_outputs():
    """Every output that is read is declared."""
    declared = re.findall(
        r'^output "(\w+)"', (ROOT / "terraform/outputs.tf").read_text(), re.MULTILINE
    )

    assert set(Deployment.__dataclass_fields__) <= set(declared)


@pytest.mark.parametrize(
    "path", ["terraform/outputs.tf", "docs/decisions/0010-undelivered-events.md"]
)
def test_delivery_is_told_as_it_is_done(path):
    """Terraform's output and the decision record show the settings that are made."""
    told = (ROOT / path).read_text()

    assert [] == [flag for flag in FLAGS.format("").split() if flag not in told]
