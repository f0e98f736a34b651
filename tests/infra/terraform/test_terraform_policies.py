"""What other tools hold of the root module, and what `deploy` adds to it."""

import re
import shutil
import subprocess

import pytest

from analytics_commands.deploy.delivery import tune_delivery
from analytics_commands.foundation.deployment.terraform import Deployment
from checkout import ROOT

FOLDER = ROOT / "terraform"
DECISION = ROOT / "docs" / "decisions" / "0010-undelivered-events.md"


class _Recorder:
    """Runs nothing, and keeps what it was to run."""

    def __init__(self):
        self.commands = []

    def run(self, *command):
        self.commands.append(command)

    def read(self, *command, example):
        self.commands.append(command)
        return example


def flags_in(text):
    """Return the options that change a subscription, whatever the topic's name."""
    flags = re.findall(r"--[a-z-]+=\S+", text)
    scope = ("--project", "--location", "--format", "--dead-letter-topic")
    return {flag for flag in flags if not flag.startswith(scope)} | set(
        re.findall(r"--dead-letter-topic", text)
    )


@pytest.mark.skipif(shutil.which("checkov") is None, reason="checkov is not installed")
def test_checkov():
    """Checkov finds nothing but what is argued in its configuration."""
    command = ["checkov", "-d", FOLDER, "--config-file", FOLDER / ".checkov.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert re.search(r"Passed checks: [1-9]\d*, Failed checks: 0", done.stdout)
    assert 0 == done.returncode


@pytest.mark.terraform
def test_tune_delivery(main):
    """The output, the decision and `deploy` tune the trigger's subscription in the same way."""
    recorder = _Recorder()
    outputs = {name: main.outputs[name] for name in Deployment.__dataclass_fields__}
    tune_delivery(recorder, "demo-project", Deployment(**outputs))
    (_, update) = recorder.commands

    assert 6 == len(flags_in(" ".join(update)))
    assert flags_in(" ".join(update)) == flags_in(main.outputs["tune_delivery"])
    assert flags_in(" ".join(update)) == flags_in(DECISION.read_text())
    assert f"--dead-letter-topic={main.outputs['undelivered_topic']}" in update
    assert main.outputs["event_trigger"] in recorder.commands[0]
