"""What has to hold before anything is created, each with what to do when it does not."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed

# What Terraform itself calls before it can enable anything else.
_FIRST_SERVICES = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")


@dataclass(frozen=True)
class _Check:
    title: str
    command: tuple[str, ...]
    example: str  # an answer that passes
    passes: Callable[[str], bool]
    advice: str


def check_all(commands: Commands, project_id: str, console: Console) -> None:
    """Run every check, then enable the services that Terraform needs to begin.

    Raises CommandFailed that names all that does not hold.
    """
    problems = []
    for check in _checks(project_id):
        try:
            held = check.passes(commands.read(*check.command, example=check.example))
        except CommandFailed as exc:
            held = False
            console.print(f"  {exc}", markup=False)
        console.print(f"  {'ok' if held else 'NO'}  {check.title}", markup=False)
        if not held:
            problems.append(check.advice)
    if problems:
        raise CommandFailed("not ready to deploy: " + "; ".join(problems))
    commands.run("gcloud", "services", "enable", *_FIRST_SERVICES, f"--project={project_id}")


def _checks(project_id: str) -> tuple[_Check, ...]:
    return (
        _Check(
            "gcloud is logged in",
            ("gcloud", "auth", "list", "--filter=status:ACTIVE", "--format=value(account)"),
            "you@example.com",
            bool,
            "run `gcloud auth login`",
        ),
        _Check(
            "Terraform finds credentials",
            ("gcloud", "auth", "application-default", "print-access-token"),
            "TOKEN",
            bool,
            "run `gcloud auth application-default login`",
        ),
        _Check(
            f"the project {project_id} is there",
            ("gcloud", "projects", "describe", project_id, "--format=value(lifecycleState)"),
            "ACTIVE",
            "ACTIVE".__eq__,
            f"create the project, `gcloud projects create {project_id}`, or ask for access to it",
        ),
        _Check(
            "billing is on",
            (
                *("gcloud", "billing", "projects", "describe", project_id),
                "--format=value(billingEnabled)",
            ),
            "True",
            "True".__eq__,
            f"link it: `gcloud billing projects link {project_id} --billing-account=ACCOUNT`",
        ),
    )
