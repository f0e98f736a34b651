"""The options that `deploy` and `teardown` share: which deployment, and how to act on it."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rich.console import Console

from analytics_commands.foundation.deployment.programs import Commands, Rehearsal, Shell
from analytics_commands.foundation.deployment.terraform import Terraform, Variables
from analytics_commands.foundation.terminal.progress import progress_console


@dataclass(frozen=True)
class Collaborators:
    """What acts: for real, or in a rehearsal that prints commands alone."""

    commands: Commands
    terraform: Terraform
    console: Console  # for progress

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Self:
        """Return what the command line asks for."""
        console = Console(quiet=True) if arguments.dry_run else progress_console()
        commands: Commands = Rehearsal() if arguments.dry_run else Shell(console)
        variables = Variables(
            arguments.project_id,
            arguments.environment,
            tuple(arguments.var_file),
            tuple(arguments.var),
        )
        return cls(commands, Terraform(commands, variables, ask=not arguments.yes), console)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that select a deployment and the way to act on it."""
    parser.add_argument("--project-id", required=True, help="the Google Cloud project")
    parser.add_argument("--environment", help="sets deployments of one project apart (none)")
    parser.add_argument(
        "--var-file", type=Path, action="append", default=[], help="variables for Terraform"
    )
    parser.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="one variable"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before changes are made")
    parser.add_argument("--dry-run", action="store_true", help="print every command, run none")
