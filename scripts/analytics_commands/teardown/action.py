"""The removal of a deployment: listed first, and done where that was said twice."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from analytics_commands.foundation.deployment.collaborators import Collaborators
from analytics_commands.foundation.deployment.deployment_folder import folder_of, require
from analytics_commands.foundation.deployment.terraform import Deployment
from analytics_commands.teardown.holdings import Holding, draw, list_holdings

_UNPROTECTED = "deletion_protection=false"
_WIDTH = 100


def teardown(arguments: argparse.Namespace) -> None:
    """List, and delete where that was asked for; raises CommandFailed."""
    folder = folder_of(arguments.folder)
    require(folder)
    acting = Collaborators.of(arguments, folder)
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
        print(_known_to_clients(deployment))
    if arguments.delete_data is None:
        again = f"--delete-data {arguments.project_id}"
        acting.console.print(f"Nothing was deleted. `{again}` deletes the deployment and all this.")
        return
    _delete(acting, deployment, holdings)


def _known_to_clients(deployment: Deployment) -> str:
    """Return what no other deployment will have, and clients in the field go on using."""
    names = ", ".join(sorted(deployment.api_keys)) or "nobody"
    return (
        "  What clients in the field know is gone for good, too: the address"
        f" {deployment.gateway_url}, and the API keys of {names}.\n"
    )


def _delete(acting: Collaborators, deployment: Deployment, holdings: Sequence[Holding]) -> None:
    """Lift the protection, empty the bucket, destroy the rest."""
    acting.terraform.apply(_UNPROTECTED)
    if any(each.count for each in holdings if each.unit == "objects"):
        # Terraform would delete one object at a time.
        acting.commands.run("gcloud", "storage", "rm", f"gs://{deployment.bucket}/**")
    acting.terraform.destroy(_UNPROTECTED)
