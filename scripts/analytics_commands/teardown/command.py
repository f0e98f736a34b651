"""Delete a deployment; its data only when that is said twice.

    analytics teardown --project-id my-project
    analytics teardown --project-id my-project --delete-data my-project

The first form lists objects, rows and what clients know, and deletes nothing. The
second deletes everything that the deployment made, and all that its dataset and
bucket hold, whoever put it there. `--dry-run` prints every command instead of
running it.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.deployment.deployment_options import add_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    parser.add_argument(
        "--delete-data",
        metavar="PROJECT_ID",
        help="delete the deployment with all that it holds; takes the project's id once more",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.delete_data not in {None, arguments.project_id}:
        parser.error(
            f"--delete-data names {arguments.delete_data}, the project is {arguments.project_id}:"
            " nothing was deleted"
        )
    return run_command(partial(_act, arguments))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.teardown.action import teardown

    teardown(arguments)


if __name__ == "__main__":
    sys.exit(main())
