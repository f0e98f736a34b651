"""Terraform on a copy of its folder, where nothing it does can reach Google Cloud."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checkout import ROOT

NOWHERE = "http://127.0.0.1:9"  # the port that discards
COPIED = ("api-gateway", "functions", "terraform")
_LEFT_OUT = (
    *(".terraform", ".terraform.lock.hcl", ".build", "*.tfstate*"),
    *("backend.tf", "terraform.tfvars", "__pycache__"),
)
_QUIET = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


class TerraformFailed(Exception):
    """A command ended with an error; the message is what it printed."""


@dataclass(frozen=True)
class Resource:
    """One resource of a state: its type, its name with the key, what is known of it.

    `after` are the addresses, without keys, of what had to be there before it.
    """

    type: str
    name: str
    values: Mapping[str, Any] = field(repr=False)
    after: frozenset[str] = field(repr=False)

    @property
    def address(self) -> str:
        """Where it stands in the state, with its key but for the key's quotes."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True)
class Deployment:
    """What an apply made, of which variables, and what it read to do so."""

    variables: Mapping[str, Any]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    data: tuple[Resource, ...] = ()

    def all(self, kind: str) -> Iterator[Resource]:
        """Yield the resources whose type is `kind`, or ends with it."""
        return (each for each in self.resources if each.type.endswith(kind))

    def one(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return the values of one resource; a copied name of an instance has its key."""
        return next(each.values for each in self.all(kind) if each.name == name)


class TerraformRoot:
    """A copy of the root module; each workspace of it is one deployment."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "terraform"

    @classmethod
    def copy_to(cls, folder: Path) -> "TerraformRoot":
        """Copy the module with the folders that it reads."""
        ignored = shutil.ignore_patterns(*_LEFT_OUT)
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        return cls(folder)

    def duplicate(self, folder: Path) -> "TerraformRoot":
        """Copy the module with its providers and states."""
        shutil.copytree(self.path.parent, folder, symlinks=True, dirs_exist_ok=True)
        return TerraformRoot(folder)

    def hand_over(self, workspace: str, other: "TerraformRoot") -> None:
        """Give another version of the module this one's deployment, with its variables."""
        state = self.run("state", "pull", workspace=workspace)
        (other.path / "terraform.tfstate").write_text(state)
        variables = self._variables_of(workspace).read_text()
        other._variables_of(workspace).write_text(variables)

    def init(self) -> None:
        """Install the providers, from wherever the machine's configuration says."""
        self._run({}, "init", "-input=false", "-backend=false")

    def run(self, *arguments: str, workspace: str = "default") -> str:
        """Return what the command printed; raises TerraformFailed."""
        offline = {
            "GOOGLE_OAUTH_ACCESS_TOKEN": "of-nobody",
            "HTTPS_PROXY": NOWHERE,
            "NO_PROXY": "",
            "TF_WORKSPACE": workspace,
        }
        return self._run(offline, *arguments)

    def apply(self, workspace: str, variables: Mapping[str, Any]) -> Deployment:
        """Make a deployment of the workspace's name; its variables are kept for later plans."""
        self._variables_of(workspace).write_text(json.dumps(variables))
        self.change("apply", workspace)
        return self.read(workspace)

    def change(self, action: str, workspace: str) -> str:
        """Run `plan`, `apply` or `destroy` with the workspace's variables."""
        options = [f"-var-file={self._variables_of(workspace)}", "-input=false"]
        if action != "plan":  # nothing changes behind its back here: it need not look
            options += ["-auto-approve", "-refresh=false"]
        return self.run(action, *options, workspace=workspace)

    def read(self, workspace: str) -> Deployment:
        """Return what the workspace's state holds."""
        values = json.loads(self.run("show", "-json", workspace=workspace)).get("values", {})
        found = [_resource(each) for each in values.get("root_module", {}).get("resources", ())]
        resources = tuple(each for each in found if not each.type.startswith("data."))
        data = tuple(each for each in found if each.type.startswith("data."))
        outputs = {name: each["value"] for name, each in values.get("outputs", {}).items()}
        variables = json.loads(self._variables_of(workspace).read_text())
        return Deployment(variables, resources, outputs, data)

    def plan(self, workspace: str) -> Mapping[str, list[str]]:
        """Return what a plan does to each resource that it changes, by address."""
        options = [f"-var-file={self._variables_of(workspace)}", "-input=false", "-refresh=false"]
        self.run("plan", *options, "-out=plan", workspace=workspace)
        changes = json.loads(self.run("show", "-json", "plan", workspace=workspace))
        return {
            each["address"]: each["change"]["actions"]
            for each in changes["resource_changes"]
            if each["change"]["actions"] not in (["no-op"], ["read"])
        }

    def set_variable(self, workspace: str, name: str, *, value: object) -> None:
        """Change one variable of the workspace, for what is run next."""
        file = self._variables_of(workspace)
        file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))

    def _variables_of(self, workspace: str) -> Path:
        return self.path / f"{workspace}.tfvars.json"

    def _run(self, extra: Mapping[str, str], *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.path,
            env={**os.environ, **_QUIET, **extra},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise TerraformFailed(f"terraform {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout


def _resource(each: Mapping[str, Any]) -> Resource:
    """Return one resource of what `terraform show` prints; what was only read is a `data.` type."""
    kind = each["type"] if each["mode"] == "managed" else f"data.{each['type']}"
    name = each["name"] if "index" not in each else f"{each['name']}[{each['index']}]"
    return Resource(kind, name, each["values"], frozenset(each.get("depends_on", ())))
