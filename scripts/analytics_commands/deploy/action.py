"""The whole of a deployment: files, checks, Terraform, delivery, smoke test, report."""

import argparse
import shlex
import sys
from pathlib import Path

from analytics_commands.deploy.delivery import tune_delivery
from analytics_commands.deploy.losses import Permissions
from analytics_commands.deploy.preflight import (
    check_all,
    check_permissions,
    enable_first_services,
)
from analytics_commands.deploy.rollout import Rollout, plan_file
from analytics_commands.deploy.smoke import SmokeTest, Target, rehearse
from analytics_commands.deploy.waiting import Patience
from analytics_commands.foundation.deployment.collaborators import Collaborators
from analytics_commands.foundation.deployment.deployment_folder import (
    folder_of,
    is_unpacked_into,
    unpack,
)
from analytics_commands.foundation.deployment.terraform import FOLDER, Deployment
from analytics_commands.foundation.terminal.ending import CommandFailed

_REPORT = """\
gateway    {gateway_url}
bucket     gs://{bucket}
dataset    {project_id}.{dataset}
{keys}
Send an event, and see it as a row:

  curl --request POST --data '{{"message":"hello world"}}' \\
    "{gateway_url}/v1/event?key={key}&event_category=function"

  bq --project_id={project_id} query --use_legacy_sql=false 'SELECT * FROM {dataset}.events LIMIT 9'
"""


def deploy(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed."""
    folder = folder_of(arguments.folder)
    _bring_files(folder, arguments)
    if arguments.unpack_only:
        return
    acting = Collaborators.of(arguments, folder)
    project_id = arguments.project_id
    acting.console.rule("1. What has to hold", align="left")
    _check(acting, arguments)
    acting.console.rule("2. Terraform", align="left")
    acting.terraform.prepare(create=True)
    _roll_out(acting, arguments)
    if arguments.plan_only:
        return
    deployment = acting.terraform.read_deployment()
    acting.console.rule("3. Event delivery", align="left")
    tune_delivery(acting.commands, project_id, deployment)
    acting.console.rule("4. Smoke test", align="left")
    target = Target(
        project_id,
        deployment.gateway_url,
        deployment.dataset,
        _first_key(deployment),
        arguments.analytics_environment,
    )
    if arguments.dry_run:
        rehearse(target)
        return
    SmokeTest(target, acting.commands, Patience(arguments.wait_seconds), acting.console).run()
    shows_keys = arguments.show_keys or sys.stdout.isatty()
    print(report(project_id, folder, deployment, shows_keys=shows_keys))


def _bring_files(folder: Path, arguments: argparse.Namespace) -> None:
    """Have this version's files in the folder, unless they are a checkout's."""
    if not is_unpacked_into(folder):
        return
    if arguments.dry_run:
        words = ("analytics", "deploy", "--unpack-only", "--project-id", arguments.project_id)
        print(shlex.join([*words, "--folder", str(folder)]))
    elif unpack(folder):
        print(f"{folder.resolve()} has the files of this version; keep it", file=sys.stderr)


def _check(acting: Collaborators, arguments: argparse.Namespace) -> None:
    """Check what has to hold, and enable what Terraform begins with, unless only a plan is made."""
    commands, project_id = acting.commands, arguments.project_id
    check_all(commands, project_id, acting.console)
    if not arguments.plan_only:
        enable_first_services(commands, project_id)
    if not arguments.skip_permission_check:
        check_permissions(commands, project_id, acting.console, rehearsing=arguments.dry_run)


def _roll_out(acting: Collaborators, arguments: argparse.Namespace) -> None:
    """Plan, and apply what was planned unless that is all."""
    permissions = Permissions(frozenset(arguments.revoke), frozenset(arguments.allow_loss))
    asks = not (arguments.yes or arguments.dry_run)
    with plan_file(rehearsing=arguments.dry_run) as file:
        rollout = Rollout(acting.terraform, file, permissions, asks, acting.console)
        if not arguments.plan_only:
            rollout.run()
        elif rollout.preview().has_changes:
            acting.console.print("There are changes. Nothing was applied.")
        else:
            acting.console.print("There are no changes.")


def report(project_id: str, folder: Path, deployment: Deployment, *, shows_keys: bool) -> str:
    """Return what to use; keys for eyes alone, as what runs builds keeps what they print."""
    if shows_keys:
        keys = "".join(
            f"API key    {key}  ({name})\n" for name, key in sorted(deployment.api_keys.items())
        )
    else:
        chdir = f"-chdir={folder / FOLDER}"
        keys = f"API keys   {shlex.join(['terraform', chdir, 'output', '-json', 'api_keys'])}\n"
    return _REPORT.format(
        gateway_url=deployment.gateway_url,
        bucket=deployment.bucket,
        dataset=deployment.dataset,
        project_id=project_id,
        keys=keys,
        key=_first_key(deployment) if shows_keys else "API_KEY",
    )


def _first_key(deployment: Deployment) -> str:
    if not deployment.api_keys:
        raise CommandFailed("no API key is deployed: set the variable api_keys")
    return deployment.api_keys[min(deployment.api_keys)]
