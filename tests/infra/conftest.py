"""Programs that record how they are called, in place of those that act in the cloud."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from shlex import quote

import pytest
from plans import told

# A shell is named, not Python: the path of an interpreter in a first line has no spaces.
_CALLED = """\
#!/bin/sh
exec {python} -IS {code} "$0" "$@"
"""
_REAL = """\
#!/bin/sh
PATH={path} exec {program} "$@"
"""
_CODE = """\
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1]).parent
called = [pathlib.Path(sys.argv[1]).name, *sys.argv[2:]]
with (folder / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(called) + "\\n")
for words, printed, code in json.loads((folder / "answers.json").read_text()):
    if set(words) <= set(called):
        print(printed, file=sys.stderr if code else sys.stdout)
        sys.exit(code)
"""


_OUTPUTS = {
    "gateway_url": "https://gateway.invalid",
    "bucket": "demo-events",
    "dataset": "events",
    "api_keys": {"game": "key-1", "app": "key-2"},
    "event_trigger": "load-1",
    "location": "europe-west1",
    "undelivered_topic": "projects/demo/topics/undelivered",
}


NOWHERE = "http://127.0.0.1:9"  # the port that discards
_PLAN_FILE = re.compile(r"[^\s=]*/analytics-plan-[^/]+/plan\b")


class Programs:
    """A folder of programs that do nothing but record their arguments and answer as told."""

    def __init__(self, folder: Path, usual_path: str):
        self._folder = folder
        self._usual_path = usual_path
        self._answers = []
        self._write()

    def install(self, *names):
        """Make the programs callable by these names."""
        code = self._folder / "called.txt"
        code.write_text(_CODE)
        for name in names:
            self._add(name, _CALLED.format(python=quote(sys.executable), code=quote(str(code))))

    def install_real(self, name):
        """Make a program of this machine callable; it finds others where it always does."""
        program = shutil.which(name, path=self._usual_path)
        self._add(name, _REAL.format(path=quote(self._usual_path), program=quote(program)))

    def callable(self):
        """Return the names of all programs that the tests find."""
        return [path.name for path in self._folder.iterdir() if shutil.which(path.name)]

    def answer(self, words, printed="", code=0):
        """Answer calls with all these words; what is said later comes first."""
        self._answers.insert(0, (words.split(), printed, code))
        self._write()

    def answer_outputs(self, **changed):
        """Answer `terraform output -json` as after a deployment."""
        outputs = {name: {"value": value} for name, value in {**_OUTPUTS, **changed}.items()}
        self.answer("output -json", json.dumps(outputs))

    def answer_plan(self, *changes, has_changes=True):
        """Answer `terraform show -json PLAN` with the changes."""
        self.answer("show -json", told(*changes, has_changes=has_changes))

    def calls(self):
        """Return the calls in their order, each a line of words; a plan's file is called PLAN."""
        path = self._folder / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [_PLAN_FILE.sub("PLAN", " ".join(json.loads(line))) for line in lines]

    def _add(self, name, text):
        path = self._folder / name
        path.write_text(text)
        path.chmod(0o755)

    def _write(self):
        (self._folder / "answers.json").write_text(json.dumps(self._answers))


@pytest.fixture(name="programs")
def _programs(tmp_path, monkeypatch):
    """Find recording programs, and no others whatever their names: nothing acts in the cloud."""
    folder = tmp_path / "the programs"
    folder.mkdir()
    programs = Programs(folder, os.environ["PATH"])
    monkeypatch.setenv("PATH", str(folder))
    return programs


@pytest.fixture(name="cloud")
def _cloud(programs):
    """Programs that answer as in a project where all is well, but nobody says who may do what."""
    programs.install("gcloud", "terraform", "bq")
    programs.answer("terraform version", '{"terraform_version": "1.11.4"}')
    programs.answer("bq version", "This is BigQuery CLI 2.1.18")
    programs.answer("print-access-token", "token")
    programs.answer("config get api_endpoint_overrides/cloudresourcemanager", NOWHERE)
    programs.answer("projects describe", "ACTIVE")
    programs.answer("billing projects describe", "True")
    programs.answer_plan(("google_storage_bucket.source", "create"))
    programs.answer_outputs()
    programs.answer("triggers describe", "projects/demo/subscriptions/eventarc-1")
    return programs
