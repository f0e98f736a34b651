"""The action for others' workflows: its steps, run as a runner runs them."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from checkout import ROOT

TEXT = (ROOT / "action.yml").read_text()
ACTION = yaml.safe_load(TEXT)
INSTALL, START = [step for step in ACTION["runs"]["steps"] if "run" in step]
DEADLINE_SECONDS = 60.0


def run(step, folder, **variables):
    """Run a step's lines as a runner does, with its files in `folder`."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, "PYTHONPATH": sysconfig.get_paths()["purelib"], **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(name="temp", scope="module")
def _temp(tmp_path_factory):
    """Run the step that installs, with the packages that this environment has."""
    temp = tmp_path_factory.mktemp("runner temp")
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    python = {"PYTHON": sys.executable, "SOURCE": str(ROOT), "RUNNER_TEMP": str(temp)}
    done = run(INSTALL, temp, **python, **offline)

    assert 0 == done.returncode, done.stderr
    return temp


@pytest.fixture(name="start")
def _start(temp, tmp_path):
    """Run the step that starts; returns what it did, and what it told the runner of each kind."""
    files = {kind: tmp_path / kind for kind in ("GITHUB_ENV", "GITHUB_OUTPUT")}
    for file in files.values():
        file.touch()

    def start(**variables):
        paths = {kind: str(file) for kind, file in files.items()}
        done = run(START, tmp_path, RUNNER_TEMP=str(temp), **paths, **variables)
        told = {kind: file.read_text().splitlines() for kind, file in files.items()}
        return done, *(dict(line.split("=", 1) for line in lines) for lines in told.values())

    return start


def test_starts(start):
    """The pipeline is installed and answers; the job's next steps know where, until it is ended."""
    done, variables, outputs = start(PORT="0")
    assert 0 == done.returncode, done.stdout + done.stderr
    process = int(variables["ANALYTICS_PROCESS"])
    try:
        url = f"{variables['ANALYTICS_URL']}/v1/event?key={variables['API_KEY']}"
        with urllib.request.urlopen(url, b'{"eventType": "from_ci"}') as answer:
            assert 200 == answer.status
        with urllib.request.urlopen(f"{variables['ANALYTICS_URL']}/_local/good") as answer:
            assert b"from_ci" in answer.read()
    finally:
        os.kill(process, signal.SIGTERM)

    written = Path(outputs["env-file"]).read_text()
    assert f"ANALYTICS_URL={variables['ANALYTICS_URL']}\n" in written
    assert "CLOUDSDK_CONFIG" not in variables
    wait_until_gone(process)


def test_does_not_start(start, temp):
    """A pipeline that does not start ends the job, with what it said; not what one said before."""
    (temp / "analytics-pipeline.log").write_text("ready on http://127.0.0.1:9\n")
    done, variables, _ = start(PORT="none")

    assert 1 == done.returncode
    assert "'none' is no port" in done.stdout
    assert {} == variables


def test_as_elsewhere():
    """Its own action is the one, and of the version, that the workflows use."""
    (line,) = [line.strip(" -") for line in TEXT.splitlines() if "uses:" in line]

    assert line in (ROOT / ".github/workflows/ci.yml").read_text()


def test_inputs_are_no_commands():
    """What a workflow passes reaches the lines as variables: it is never a part of them."""
    for step in (INSTALL, START):
        assert "${{" not in step["run"]


def wait_until_gone(process):
    """Wait until a process has ended."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError(process)
