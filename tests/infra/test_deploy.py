"""`deploy`: its commands, their order, and what stops it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from shlex import quote

import pytest
from rich.console import Console

from analytics_commands.deploy import command as deploy
from analytics_commands.deploy.action import report
from analytics_commands.foundation.deployment.programs import ProgramFailed, Shell
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
CHECKS = """\
terraform version -json
bq version
gcloud auth print-access-token
gcloud auth application-default print-access-token
gcloud projects describe demo --format=value(lifecycleState)
gcloud billing projects describe demo --format=value(billingEnabled)""".splitlines()
PERMISSIONS = """\
gcloud auth application-default print-access-token
gcloud config get api_endpoint_overrides/cloudresourcemanager""".splitlines()
PLANNING = """\
terraform -chdir=terraform init -input=false
terraform -chdir=terraform workspace select -or-create demo
terraform -chdir=terraform plan -input=false -out=PLAN -var=project_id=demo
terraform -chdir=terraform show -json PLAN""".splitlines()
APPLYING = "terraform -chdir=terraform apply -input=false PLAN"
BEFORE_SMOKE_TEST = [
    *CHECKS,
    f"gcloud services enable {FIRST_SERVICES} --project=demo",
    *PERMISSIONS,
    *PLANNING,
    APPLYING,
    *f"""\
terraform -chdir=terraform output -json
gcloud eventarc triggers describe load-1 --project=demo --location=europe-west1 {VALUE}
gcloud pubsub subscriptions update {SUBSCRIPTION} --project=demo {TUNING}""".splitlines(),
]


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
    (question,) = [line for line in printed if ":testIamPermissions" in line]
    printed.remove(question)
    assert [] == cloud.calls()
    for expected, line in zip(BEFORE_SMOKE_TEST, printed, strict=False):
        assert expected.split()[:3] == line.split()[:3]
    told = printed[len(BEFORE_SMOKE_TEST) :]
    assert ["curl", "bq", "curl", "curl"] == [line.split()[0] for line in told]


def test_a_failed_apply(cloud, capfd):
    """When Terraform fails, nothing follows, and the exit code says so."""
    cloud.answer("apply", "Error: quota", 1)

    assert 1 == run()

    assert APPLYING == cloud.calls()[-1]
    assert "\nError: quota\nerror: `terraform apply " in capfd.readouterr().err


def test_what_a_program_complains_of(programs, tmp_path):
    """It is kept for whoever has to judge it, all of it."""
    programs.install("terraform")
    programs.answer("apply", "Error: one\n\nError: two", 1)

    with pytest.raises(ProgramFailed, match="ended with 1") as caught:
        Shell(Console(quiet=True), tmp_path).run_heard("terraform", "apply")

    assert "Error: one\n\nError: two\n" == caught.value.complaint


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

    (planned,) = [call for call in cloud.calls() if " plan " in call]
    assert planned.endswith(
        f"plan -input=false -out=PLAN -var-file={file} -var=project_id=other -var=project_id=demo"
        " -var=environment=staging"
    )
    assert "terraform -chdir=terraform workspace select -or-create demo.staging" in cloud.calls()


@pytest.mark.parametrize("option", ["", "--show-keys"])
def test_keys_in_a_log(tmp_path, option):
    """Keys are printed where eyes are, or that was said; else the command that shows them."""
    deployment = Deployment("https://g", "b", "d", {"game": "key-1"}, "t", "l", "u")
    told = report("demo", tmp_path, deployment, shows_keys=bool(option))

    assert bool(option) == ("key-1" in told)
    assert bool(option) != (f"terraform -chdir={tmp_path}/terraform output -json" in told)


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
