"""What acts on a deployment, as the command line asks for it."""

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rich.console import Console

from analytics_commands.foundation.deployment.backend import Backend
from analytics_commands.foundation.deployment.programs import Commands, Rehearsal, Shell
from analytics_commands.foundation.deployment.terraform import FOLDER, Terraform, Variables
from analytics_commands.foundation.terminal.progress import progress_console


@dataclass(frozen=True)
class Collaborators:
    """What acts: for real, or in a rehearsal that prints commands alone."""

    commands: Commands
    terraform: Terraform
    console: Console  # for progress

    @classmethod
    def of(cls, arguments: argparse.Namespace, folder: Path) -> Self:
        """Return what the command line asks for; its commands are run in the folder."""
        console = Console(quiet=True) if arguments.dry_run else progress_console()
        commands = _rehearsal(folder) if arguments.dry_run else Shell(console, folder)
        variables = Variables(
            arguments.project_id,
            arguments.environment,
            tuple(arguments.var_file),
            tuple(arguments.var),
        )
        backend = Backend(folder / FOLDER, tuple(arguments.backend_config))
        terraform = Terraform(commands, variables, backend, ask=not arguments.yes)
        return cls(commands, terraform, console)


def _rehearsal(folder: Path) -> Commands:
    """Return one that can be pasted: it begins where the commands are run."""
    if folder.resolve() != Path.cwd():
        print(shlex.join(["cd", str(folder)]))
    return Rehearsal()
