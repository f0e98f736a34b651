"""What is checked before anything is made: each truthfully, with what to do about it."""

import io

import pytest
from answering import Answering
from rich.console import Console
from serving import serve
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from analytics_commands.deploy import command as deploy
from analytics_commands.deploy.needed_roles import PERMISSIONS
from analytics_commands.deploy.preflight import check_all, check_permissions
from analytics_commands.foundation.terminal.ending import CommandFailed

NEEDED = [each for permissions in PERMISSIONS.values() for each in permissions]
MOOT = "Cloud API has not been used in project 1 before or it is disabled"


@pytest.fixture(name="commands")
def _commands():
    """Answer as in a project where all is well."""
    commands = Answering()
    commands.answer("terraform version", '{"terraform_version": "1.11.4"}')
    commands.answer("bq version", "This is BigQuery CLI 2.1.18")
    commands.answer("auth print-access-token", "token of gcloud")
    commands.answer("auth application-default print-access-token", "token")
    commands.answer("projects describe", "ACTIVE")
    commands.answer("billing projects describe", "True")
    return commands


@pytest.fixture(name="manager")
def _manager(commands):
    """Serve Cloud Resource Manager; yields what it answers, and which calls it saw."""
    state = {"status": 200, "held": NEEDED, "seen": []}

    async def answer(request):
        state["seen"].append((request.url.path, request.headers, await request.json()))
        return JSONResponse({"permissions": state["held"]}, state["status"])

    path = "/v3/projects/{project}:testIamPermissions"
    with serve(Starlette(routes=[Route(path, answer, methods=["POST"])])) as url:
        commands.answer("config get api_endpoint_overrides/cloudresourcemanager", f"{url}/")
        yield state


def check(commands):
    """Run all checks; returns what was shown, and at the end the error."""
    console = Console(file=io.StringIO(), width=1000)
    try:
        check_all(commands, "demo", console)
    except CommandFailed as exc:
        console.print(f"error: {exc}")
    return console.file.getvalue()


def ask(commands):
    """Ask for the permissions; returns what was shown, and at the end the error."""
    console = Console(file=io.StringIO(), width=1000)
    try:
        check_permissions(commands, "demo", console, rehearsing=False)
    except CommandFailed as exc:
        console.print(f"error: {exc}")
    return console.file.getvalue()


def test_all_is_well(commands):
    """Where everything holds, nothing else is said."""
    assert 6 == check(commands).count("  ok  ")
    assert "error" not in check(commands)


def test_all_checks_are_told_at_once(commands):
    """What does not hold is named together with what to do."""
    commands.answer("billing", "False")
    commands.answer("projects describe --format=value(lifecycleState)", "denied", 1)

    said = check(commands).split("error: not ready to deploy: ")[1]

    assert "gcloud projects create demo" in said
    assert "gcloud billing projects link demo" in said
    assert "login" not in said


def test_without_an_account(commands):
    """Without an account nothing is said of the project, which nobody may see."""
    commands.answer("gcloud auth print-access-token", "expired", 1)
    commands.answer("auth application-default", "token")
    commands.answer("bq version", "bq: broken", 1)
    commands.answer("projects describe --format=value(lifecycleState)", "denied", 1)

    said = check(commands)

    assert "gcloud auth login" in said
    assert "gcloud components install bq" in said
    assert "application-default login" not in said
    assert "the project demo" not in said


def test_nothing_follows(cloud):
    """Where something does not hold, nothing is enabled or planned."""
    cloud.answer("billing", "False")

    assert 1 == deploy.main(["--project-id", "demo", "--yes"])

    assert "gcloud billing projects describe" in cloud.calls()[-1]


@pytest.mark.parametrize(
    ("printed", "holds"),
    [
        ('{"terraform_version": "1.9.0"}', True),
        ('{\n  "terraform_version": "1.10.0-beta1"\n}', True),
        ('{"terraform_version": "2.0.0"}', True),
        ('{"terraform_version": "1.8.5", "terraform_outdated": true}', False),
        ('{"terraform_version": "0.15.0"}', False),
        ("Terraform v1.11", False),
        ("", False),
    ],
)
def test_version_of_terraform(commands, printed, holds):
    """A Terraform that is too old is told before it fails."""
    commands.answer("terraform version", printed)

    assert holds == ("install Terraform" not in check(commands))


@pytest.mark.parametrize(
    ("words", "printed", "code", "verdict"),
    [
        ("billing", "True", 0, "ok  billing"),
        ("billing", "False", 0, "NO  billing"),
        ("billing", MOOT, 1, "??  billing"),
        ("billing", "PERMISSION_DENIED", 1, "??  billing"),
        ("projects describe --format=value(lifecycleState)", MOOT, 1, "??  the project"),
        ("projects describe --format=value(lifecycleState)", "denied", 1, "NO  the project"),
        ("projects describe --format=value(lifecycleState)", "DELETE_REQUESTED", 0, "NO  the"),
    ],
)
def test_what_is_not_known_is_no_no(commands, words, printed, code, verdict):
    """A question that got no answer is told as such, and stops nothing."""
    commands.answer(words, printed, code)

    said = check(commands)

    assert f"  {verdict}" in said
    assert verdict.startswith("NO") == ("error: " in said)


def test_the_question(manager, commands):
    """All permissions are asked for in one call, by Terraform's account, for the project itself."""
    assert "  ok  Terraform's account has the permissions" in ask(commands)

    ((path, headers, body),) = manager["seen"]
    assert "/v3/projects/demo:testIamPermissions" == path
    assert ("Bearer token", "demo") == (headers["authorization"], headers["x-goog-user-project"])
    assert NEEDED == body["permissions"]


@pytest.mark.parametrize("lost", NEEDED)
def test_missing_permissions(manager, commands, lost):
    """What is missing is named with the role that has it."""
    manager["held"] = [each for each in NEEDED if each != lost]

    (role,) = [role for role, permissions in PERMISSIONS.items() if lost in permissions]
    assert f"error: not ready to deploy: Terraform's account lacks {role} ({lost})." in ask(
        commands
    )


def test_no_permission_at_all(manager, commands):
    """Who may do nothing is told every role."""
    manager["held"] = []

    said = ask(commands)

    assert [] == [role for role in PERMISSIONS if role not in said]


@pytest.mark.parametrize("option", ["--plan-only", "--skip-permission-check"])
def test_nobody_asks(cloud, option):
    """Permissions are not asked for where the operator said so."""
    deploy.main(["--project-id", "demo", "--plan-only", option])

    asked = [call for call in cloud.calls() if "cloudresourcemanager" in call]
    assert (option == "--plan-only") == bool(asked)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_permissions_that_are_not_known(manager, commands, status):
    """A refused question is told, and stops nothing."""
    manager["status"] = status

    assert "could not be checked: " in (said := ask(commands))
    assert "error: " not in said


@pytest.mark.parametrize("text", ["", "null", "[]", "<html>", '{"permissions": 7}'])
def test_an_answer_that_is_none(commands, text):
    """So is an answer that is not one."""
    answer = Route("/{path:path}", lambda _: Response(text), methods=["POST"])
    with serve(Starlette(routes=[answer])) as url:
        commands.answer("config get api_endpoint_overrides/cloudresourcemanager", url)

        assert "could not be checked: " in ask(commands)


def test_one_call_is_enough():
    """A call takes a hundred permissions, and each is of one role."""
    assert 100 >= len(NEEDED) == len(set(NEEDED))
