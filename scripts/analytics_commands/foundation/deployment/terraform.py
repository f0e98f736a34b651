"""The deployment as Terraform keeps it: one workspace per project and environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from analytics_commands.foundation.deployment.backend import Backend
from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed

FOLDER = "terraform"  # of the repository


@dataclass(frozen=True)
class Deployment:
    """What Terraform's outputs say about what is deployed."""

    gateway_url: str
    bucket: str
    dataset: str
    api_keys: Mapping[str, str]  # by the name of the application
    event_trigger: str  # of `load`, in `location`
    location: str
    undelivered_topic: str

    @classmethod
    def from_outputs(cls, text: str) -> Self:
        """Read what `terraform output -json` prints; raises CommandFailed when nothing is there."""
        outputs: dict[str, dict[str, Any]] = json.loads(text)
        try:
            return cls(**{field.name: outputs[field.name]["value"] for field in fields(cls)})
        except KeyError as exc:
            raise CommandFailed(
                f"nothing is deployed here, or not to the end: Terraform has no output {exc}"
            ) from exc


# What a rehearsal takes for them.
_EXAMPLES: Mapping[str, object] = {
    "gateway_url": "https://GATEWAY",
    "bucket": "BUCKET",
    "dataset": "DATASET",
    "api_keys": {"NAME": "API_KEY"},
    "event_trigger": "TRIGGER",
    "location": "LOCATION",
    "undelivered_topic": "TOPIC",
}
_EXAMPLE = json.dumps({name: {"value": value} for name, value in _EXAMPLES.items()})
_EXAMPLE_PLAN = '{"applyable": true, "resource_changes": []}'  # codespell:ignore applyable


@dataclass(frozen=True)
class Variables:
    """What the operator chooses: everything else is in a variables file, or a default."""

    project_id: str
    environment: str | None = None
    files: tuple[Path, ...] = ()
    assignments: tuple[str, ...] = ()

    def as_options(self, *more: str) -> list[str]:
        """Return them as Terraform's options, of which a later one wins."""
        files = [f"-var-file={path.resolve()}" for path in self.files]
        own = [f"project_id={self.project_id}"]
        if self.environment:
            own.append(f"environment={self.environment}")
        return [*files, *(f"-var={each}" for each in (*self.assignments, *own, *more))]

    @property
    def workspace(self) -> str:
        """The name of the state that belongs to this project and environment.

        A project may be called as another one with its environment; a dot is in no environment.
        """
        return f"{self.project_id}.{self.environment}" if self.environment else self.project_id


class Terraform:
    """Runs Terraform for one deployment; all methods raise CommandFailed."""

    def __init__(
        self, commands: Commands, variables: Variables, backend: Backend, *, ask: bool
    ) -> None:
        self._commands = commands
        self._variables = variables
        self._backend = backend
        self._approval = [] if ask else ["-auto-approve"]

    def prepare(self, *, create: bool) -> None:
        """Install the providers and select the workspace; a new one only with `create`."""
        self._run("init", "-input=false", *self._backend.as_options())
        creating = ["-or-create"] if create else []
        self._run("workspace", "select", *creating, self._variables.workspace)

    def plan(self, file: Path) -> str:
        """Write a plan, shown as it is made; returns it as JSON, in which the API keys are.

        Raises ProgramFailed.
        """
        options = ("-input=false", f"-out={file}", *self._variables.as_options())
        self._commands.run_heard("terraform", f"-chdir={FOLDER}", "plan", *options)
        return self._read("show", "-json", str(file), example=_EXAMPLE_PLAN)

    def apply_plan(self, file: Path) -> None:
        """Do exactly what the plan says; raises ProgramFailed."""
        self._commands.run_heard(
            "terraform", f"-chdir={FOLDER}", "apply", "-input=false", str(file)
        )

    def apply(self, *assignments: str) -> None:
        """Make the cloud what the configuration says, with further assignments of variables."""
        self._run("apply", *self._approval, *self._variables.as_options(*assignments))

    def destroy(self, *assignments: str) -> None:
        """Delete everything."""
        self._run("destroy", *self._approval, *self._variables.as_options(*assignments))

    def read_deployment(self) -> Deployment:
        """Return what is deployed."""
        return Deployment.from_outputs(self._read("output", "-json", example=_EXAMPLE))

    def _read(self, *arguments: str, example: str) -> str:
        return self._commands.read("terraform", f"-chdir={FOLDER}", *arguments, example=example)

    def _run(self, *arguments: str) -> None:
        self._commands.run("terraform", f"-chdir={FOLDER}", *arguments)
