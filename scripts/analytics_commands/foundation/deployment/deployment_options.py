"""The options that `deploy` and `teardown` share: which deployment, and how to act on it."""

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that select a deployment and the way to act on it."""
    parser.add_argument(
        "--project-id", required=True, help="Google Cloud project that the deployment is in"
    )
    parser.add_argument(
        "--environment",
        metavar="NAME",
        help="sets this deployment apart from others of the project (default: none)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where Terraform's files are, and its state unless backend.tf says otherwise"
        " (default: the checkout that the program is run from, else ./analytics-deployment)",
    )
    parser.add_argument(
        "--backend-config",
        action="append",
        default=[],
        metavar="KEY=VALUE|FILE",
        help="what backend.tf leaves open of where the state is, such as bucket=NAME: so each"
        " environment has its own; repeatable",
    )
    parser.add_argument(
        "--var-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="variables for Terraform, beside those of terraform.tfvars; repeatable",
    )
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one variable for Terraform; repeatable",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before changes are made")
    parser.add_argument("--dry-run", action="store_true", help="print every command, run none")
