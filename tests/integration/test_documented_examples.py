"""The examples of docs/commands.md and README.md, run as a reader would, in their order."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from checkout import ROOT

_PAGES = ("docs/commands.md", "README.md", "scripts/analytics_local_cloud/README.md")
_COMMAND = re.compile(r"(^|\| *)(analytics|curl) ")
_NOT_HERE = re.compile(r"analytics (deploy|teardown|run|demo)\b|^make |^set -a|THE_SIGNED_URL")
_ELSEWHERE = {"http://127.0.0.1:8080": "$ANALYTICS_URL", ".venv/bin/analytics": "analytics"}
_MAY_FAIL = "# exits 1 when "


def blocks():
    """Yield the shell blocks of the pages, each a list of (line, whether it may end with 1)."""
    for page in _PAGES:
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
            lines, may_fail = [], False
            for written in block.replace("\\\n", " ").splitlines():
                line = _here(written)
                if line.startswith("#"):
                    may_fail = line.startswith(_MAY_FAIL)
                elif line and not _NOT_HERE.search(line) and not _needs_other(line):
                    lines.append((line, may_fail))
                    may_fail = False
            if any(_COMMAND.search(line) for line, _ in lines):
                yield lines


def _here(line):
    """Return the line as it is written for the pipeline of these tests."""
    for there, here in _ELSEWHERE.items():
        line = line.replace(there, here)
    return line


def _needs_other(line):
    """Tell whether the line calls a client of Google's that is not installed."""
    program = line.split()[0]
    return program in {"bq", "gcloud"} and not shutil.which(program)


_BLOCKS = list(blocks())


@pytest.fixture(name="shell", scope="module")
def _shell(tmp_path_factory):
    """Run lines in one folder, on a pipeline that has seen some life."""
    folder = tmp_path_factory.mktemp("reader")
    with running_pipeline(tmp_path_factory.mktemp("pipeline")) as variables:
        _live(variables)
        environment = {
            **os.environ,
            **variables,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

        def run(line):
            return subprocess.run(
                ["bash", "-c", line],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

        yield run


def _live(variables):
    """Send what the examples are about."""
    client = PipelineClient(variables)
    for environment in ("testing", "production"):
        for category in ("function", "cold"):
            events = [
                {
                    "eventType": "level_up",
                    "eventIndex": index,
                    "playerId": "ann",
                    "sessionId": f"{environment}-1",
                    "buildVersion": "1.0",
                }
                for index in range(3)
            ]
            client.send(events, analytics_environment=environment, event_category=category)
    client.send("[7]", analytics_environment="testing", event_category="function")
    client.wait_for_count(6, "SELECT COUNT(*) FROM events.events")
    client.wait_for_count(1, "SELECT COUNT(*) FROM events.open_dead_letters")
    client.close()


@pytest.mark.parametrize("lines", _BLOCKS, ids=[lines[0][0] for lines in _BLOCKS])
def test_examples(shell, lines):
    """The lines of every block run in their order, and end well unless the page says otherwise."""
    for line, may_fail in lines:
        result = shell(line)

        assert result.returncode in ({0, 1} if may_fail else {0}), result.stdout + result.stderr
        assert "Traceback" not in result.stderr, result.stderr
        assert "/v1/" not in line or '"statusCode":200' in result.stdout, result.stdout
        assert _COMMAND.search(line) is None or result.stdout + result.stderr
