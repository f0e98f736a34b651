"""Delete a deployment; its data only when that is said twice.

    analytics teardown --project-id my-project
    analytics teardown --project-id my-project --delete-data my-project

The first form lists objects and rows, and deletes nothing. The second deletes everything that the
deployment made, its data included. `--dry-run` prints every command instead of running it.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from analytics_commands.foundation.deployment.deployment_options import Collaborators, add_options
from analytics_commands.foundation.deployment.terraform import Deployment
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_commands.teardown.holdings import Holding, draw, list_holdings

_UNPROTECTED = "deletion_protection=false"
_WIDTH = 100


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    parser.add_argument(
        "--delete-data",
        metavar="PROJECT_ID",
        help="the project's id once more: delete the deployment with all that it holds",
    )
    return parser


def teardown(arguments: argparse.Namespace) -> None:
    """List, and delete where that was asked for; raises CommandFailed."""
    acting = Collaborators.of(arguments)
    acting.terraform.prepare(create=False)
    deployment = acting.terraform.read_deployment()
    holdings = list_holdings(
        acting.commands,
        arguments.project_id,
        bucket=deployment.bucket,
        dataset=deployment.dataset,
    )
    if not arguments.dry_run:
        Console(width=_WIDTH, highlight=False).print(draw(holdings))
    if arguments.delete_data is None:
        again = f"--delete-data {arguments.project_id}"
        acting.console.print(f"Nothing was deleted. `{again}` deletes the deployment and all this.")
        return
    _delete(acting, deployment, holdings)


def _delete(acting: Collaborators, deployment: Deployment, holdings: Sequence[Holding]) -> None:
    """Lift the protection, empty the bucket, destroy the rest."""
    acting.terraform.apply(_UNPROTECTED)
    if any(each.count for each in holdings if each.unit == "objects"):
        # Terraform would delete one object at a time.
        acting.commands.run("gcloud", "storage", "rm", f"gs://{deployment.bucket}/**")
    acting.terraform.destroy(_UNPROTECTED)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.delete_data not in {None, arguments.project_id}:
        parser.error(
            f"--delete-data names {arguments.delete_data}, the project is {arguments.project_id}:"
            " nothing was deleted"
        )
    return run_command(partial(teardown, arguments))


if __name__ == "__main__":
    sys.exit(main())
