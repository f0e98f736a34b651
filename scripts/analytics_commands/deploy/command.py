"""Deploy the pipeline into a Google Cloud project, and prove it.

    analytics deploy --project-id my-project --var 'api_keys={game="1"}'

Checks what has to hold, shows Terraform's plan, asks, and applies it, once more
where an error passes by itself. Then it tunes the event delivery that Terraform
cannot reach, and sends an event and a file through the gateway until the row
and the object are there. A plan that would take from clients in the field the
gateway's address or their key, or delete data, is refused unless `--revoke` or
`--allow-loss` names what may go. Run it again after every change; `--dry-run`
prints every command instead of running it. Terraform's files and state are in
the checkout; installed without one, the program unpacks them into a folder.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.deployment.deployment_options import add_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser

_DEADLINE_SECONDS = 600.0  # a new key is known everywhere after five minutes, as a rule


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    parser.add_argument(
        "--analytics-environment",
        default="smoke-test",
        metavar="LABEL",
        help="label of the smoke test's events, one that the deployment accepts"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--wait-seconds",
        type=float,
        default=_DEADLINE_SECONDS,
        metavar="SECONDS",
        help="how long a step of the smoke test is repeated (default: %(default)g)",
    )
    parser.add_argument(
        "--plan-only",
        action="store_true",
        help="end when the plan was shown; a plan that would be refused is a failure",
    )
    parser.add_argument(
        "--revoke",
        action="append",
        default=[],
        metavar="NAME",
        help="let the plan end the key of an application: one that was taken out of api_keys, or"
        " whose rotation string was changed; repeatable",
    )
    parser.add_argument(
        "--allow-loss",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="let the plan delete or replace what is at an address of Terraform's, or drop columns"
        " there, although that cannot be undone; repeatable",
    )
    parser.add_argument(
        "--skip-permission-check",
        action="store_true",
        help="do not ask whether the account may do all that a first deployment takes",
    )
    parser.add_argument(
        "--show-keys",
        action="store_true",
        help="print API keys into a file, too, such as the log of a build",
    )
    parser.add_argument(
        "--unpack-only",
        action="store_true",
        help="write the files into the folder, to edit terraform.tfvars there, and end",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.deploy.action import deploy

    deploy(arguments)


if __name__ == "__main__":
    sys.exit(main())
