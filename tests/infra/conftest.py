"""Programs that record how they are called, in place of those that act in the cloud."""

import json
import os
import sys
from pathlib import Path

import pytest

_PROGRAM = """\
#!{python} -IS
import json, pathlib, sys

folder = pathlib.Path(__file__).parent
called = [pathlib.Path(__file__).name, *sys.argv[1:]]
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


class Programs:
    """A folder of programs that do nothing but record their arguments and answer as told."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._answers = []
        self._write()

    def install(self, *names):
        """Make the programs callable by these names."""
        for name in names:
            path = self._folder / name
            path.write_text(_PROGRAM.format(python=sys.executable))
            path.chmod(0o755)

    def answer(self, words, printed="", code=0):
        """Answer calls with all these words; what is said later comes first."""
        self._answers.insert(0, (words.split(), printed, code))
        self._write()

    def answer_outputs(self, **changed):
        """Answer `terraform output -json` as after a deployment."""
        outputs = {name: {"value": value} for name, value in {**_OUTPUTS, **changed}.items()}
        self.answer("output -json", json.dumps(outputs))

    def calls(self):
        """Return the calls in their order, each a line of words."""
        path = self._folder / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [" ".join(json.loads(line)) for line in lines]

    def _write(self):
        (self._folder / "answers.json").write_text(json.dumps(self._answers))


@pytest.fixture(name="programs")
def _programs(tmp_path, monkeypatch):
    """Find recording programs before any others of their names."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Programs(folder)
