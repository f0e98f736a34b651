"""Deploy the pipeline into a Google Cloud project, and prove it.

    analytics deploy --project-id my-project --var 'api_keys={game="1"}'

Checks what has to hold, runs Terraform, tunes the event delivery that Terraform cannot reach, and
sends an event and a file through the gateway until the row and the object are there. Run it again
after every change; `--dry-run` prints every command instead of running it.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from analytics_commands.deploy.delivery import tune_delivery
from analytics_commands.deploy.preflight import check_all
from analytics_commands.deploy.smoke import SmokeTest, Target, rehearse
from analytics_commands.deploy.waiting import Patience
from analytics_commands.foundation.deployment.deployment_options import Collaborators, add_options
from analytics_commands.foundation.deployment.terraform import Deployment
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.parsing import new_parser

_DEADLINE_SECONDS = 600.0  # a new key is known everywhere after five minutes, as a rule
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


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    parser.add_argument(
        "--analytics-environment",
        default="smoke-test",
        help="label of the smoke test's events, one that the deployment accepts (%(default)s)",
    )
    parser.add_argument(
        "--wait-seconds",
        type=float,
        default=_DEADLINE_SECONDS,
        help="how long a step of the smoke test is repeated (%(default)g)",
    )
    return parser


def deploy(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed."""
    acting = Collaborators.of(arguments)
    project_id = arguments.project_id
    acting.console.rule("1. What has to hold", align="left")
    check_all(acting.commands, project_id, acting.console)
    acting.console.rule("2. Terraform", align="left")
    acting.terraform.prepare(create=True)
    acting.terraform.apply()
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
    print(_report(project_id, deployment))


def _report(project_id: str, deployment: Deployment) -> str:
    keys = (f"API key    {key}  ({name})\n" for name, key in sorted(deployment.api_keys.items()))
    return _REPORT.format(
        gateway_url=deployment.gateway_url,
        bucket=deployment.bucket,
        dataset=deployment.dataset,
        project_id=project_id,
        keys="".join(keys),
        key=_first_key(deployment),
    )


def _first_key(deployment: Deployment) -> str:
    if not deployment.api_keys:
        raise CommandFailed("no API key is deployed: set the variable api_keys")
    return deployment.api_keys[min(deployment.api_keys)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(deploy, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
