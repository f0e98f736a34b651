"""A git repository with the functions of this one, of which tests change a copy, and events."""

import json
import shutil
import subprocess

from checkout import ROOT

_PACKAGE = "functions/analytics_pipeline"
_SCHEMA = "schemas/events_function.json"
_AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")


class RehearsedCheckout:
    """A working tree whose first commit is the functions as they are."""

    def __init__(self, folder):
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / _PACKAGE, folder / _PACKAGE, ignore=ignored)
        self.git("init", "--quiet")
        self.commit("as it is")
        self._first = self.git("rev-parse", "HEAD")

    def git(self, *words):
        """Run git in it; returns what it prints."""
        command = ["git", *_AUTHOR, *words]
        return subprocess.check_output(command, cwd=self.folder, text=True).strip()

    def commit(self, title):
        """Commit all that is changed."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", title)

    def undo(self):
        """Go back to the first commit, and nothing else."""
        self.git("reset", "--quiet", "--hard", self._first)
        self.git("clean", "--quiet", "--force", "-dx")

    def replace(self, module, old, new):
        """Change the one place of a module of the pipeline where `old` stands."""
        path = self.folder / _PACKAGE / module
        text = path.read_text()
        assert 1 == text.count(old)
        path.write_text(text.replace(old, new))

    def change_schema(self, change):
        """Let `change` work on the columns, by name, each as its JSON object."""
        path = self.folder / _PACKAGE / _SCHEMA
        columns = {column["name"]: column for column in json.loads(path.read_text())}
        change(columns)
        path.write_text(json.dumps(list(columns.values()), indent=1))

    def add_column(self, name, field, kind="STRING", mode="NULLABLE"):
        """Add a column of the schema, and the client's field that fills it."""
        column = {"name": name, "type": kind, "mode": mode, "description": "New."}
        self.change_schema(lambda columns: columns.update({name: column}))
        old = '    "session_id": "sessionId",\n'
        self.replace("load/rows.py", old, f'{old}    "{name}": "{field}",\n')


def write_events(path, events):
    """Write events, or lines as bytes, one a line."""
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in events]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
