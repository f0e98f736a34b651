"""What has to hold before anything is created, each with what to do when it does not."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from analytics_commands.deploy.needed_roles import NotAsked, Question, missing_roles
from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed

# What Terraform itself calls before it can enable anything else.
_FIRST_SERVICES = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")
_TERRAFORM = (1, 9)  # as terraform/versions.tf requires
_VERSION = re.compile(r'"terraform_version": *"(\d+)\.(\d+)')
_CREDENTIALS = ("gcloud", "auth", "application-default", "print-access-token")
_MANAGER = ("gcloud", "config", "get", "api_endpoint_overrides/cloudresourcemanager")
# A service account's questions are put in the name of its own project, where an API may be off:
# that says nothing about the project that was asked about.
_NO_ANSWER = re.compile("has not been used in project|SERVICE_DISABLED|requires a quota project")
_ANYTHING = re.compile("")


@dataclass(frozen=True)
class _Check:
    title: str
    command: tuple[str, ...]
    example: str  # an answer that passes
    passes: Callable[[str], bool]
    advice: str
    unknown: re.Pattern[str] | None = None  # in an error: whether it holds stays unknown


def check_all(commands: Commands, project_id: str, console: Console) -> None:
    """Run every check; raises CommandFailed that names all that does not hold.

    Google is asked about the project once there is somebody to ask.
    """
    for checks in (_programs(), _project(project_id)):
        problems = []
        for check in checks:
            verdict = _judge(commands, check, console)
            console.print(f"  {verdict}  {check.title}", markup=False)
            if verdict == "NO":
                problems.append(check.advice)
        if problems:
            raise CommandFailed("not ready to deploy: " + "; ".join(problems))


def enable_first_services(commands: Commands, project_id: str) -> None:
    """Enable what Terraform needs to begin; raises CommandFailed."""
    commands.run("gcloud", "services", "enable", *_FIRST_SERVICES, f"--project={project_id}")


def check_permissions(
    commands: Commands, project_id: str, console: Console, *, rehearsing: bool
) -> None:
    """Ask whether the account that Terraform uses may do all of it; raises CommandFailed."""
    token = commands.read(*_CREDENTIALS, example="TOKEN")
    question = Question(project_id, token, commands.read(*_MANAGER, example=""))
    if rehearsing:
        print(question.as_command())
        return
    title = "Terraform's account has the permissions that a first deployment takes"
    try:
        missing = missing_roles(question.held())
    except NotAsked as exc:
        console.print(f"  ??  {title}: could not be checked: {exc}", markup=False)
        return
    console.print(f"  {'NO' if missing else 'ok'}  {title}", markup=False)
    if missing:
        lacking = "; ".join(f"{role} ({', '.join(each)})" for role, each in missing.items())
        raise CommandFailed(
            f"not ready to deploy: Terraform's account lacks {lacking}. An owner of the project"
            f" grants a role: `gcloud projects add-iam-policy-binding {project_id}"
            " --member=MEMBER --role=ROLE`; `--skip-permission-check` goes on without"
        )


def _judge(commands: Commands, check: _Check, console: Console) -> str:
    """Return ok, NO, or ?? where nobody knows."""
    try:
        return "ok" if check.passes(commands.read(*check.command, example=check.example)) else "NO"
    except CommandFailed as exc:
        console.print(f"  {exc}", markup=False)
        return "??" if check.unknown and check.unknown.search(str(exc)) else "NO"


def _is_new_enough(printed: str) -> bool:
    found = _VERSION.search(printed)
    return found is not None and (int(found[1]), int(found[2])) >= _TERRAFORM


def _programs() -> tuple[_Check, ...]:
    return (
        _Check(
            f"Terraform is {'.'.join(map(str, _TERRAFORM))} or newer",
            ("terraform", "version", "-json"),
            '{"terraform_version": "1.9.0"}',
            _is_new_enough,
            "install Terraform: https://developer.hashicorp.com/terraform/install",
        ),
        _Check(
            "bq works",
            ("bq", "version"),
            "This is BigQuery CLI",
            bool,
            "install the Google Cloud CLI with bq: `gcloud components install bq`",
        ),
        _Check(
            "gcloud is logged in",
            ("gcloud", "auth", "print-access-token"),
            "TOKEN",
            bool,
            "run `gcloud auth login`",
        ),
        _Check(
            "Terraform finds credentials",
            _CREDENTIALS,
            "TOKEN",
            bool,
            "run `gcloud auth application-default login`",
        ),
    )


def _project(project_id: str) -> tuple[_Check, ...]:
    return (
        _Check(
            f"the project {project_id} is there",
            ("gcloud", "projects", "describe", project_id, "--format=value(lifecycleState)"),
            "ACTIVE",
            "ACTIVE".__eq__,
            f"create the project, `gcloud projects create {project_id}`, or ask for access to it",
            _NO_ANSWER,
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
            _ANYTHING,  # not everybody who may deploy may ask
        ),
    )
