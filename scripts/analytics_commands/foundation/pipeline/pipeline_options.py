"""Options that several commands have, and what they mean."""

import argparse

from analytics_commands.foundation.terminal.ending import WrongUsage
from analytics_commands.foundation.terminal.parsing import MOMENT_HELP, read_moment
from analytics_pipeline.stored_objects import Selection


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which pipeline; each has a variable, too."""
    group = parser.add_argument_group("which pipeline")
    group.add_argument(
        "--project-id", help="Google Cloud project of the data (default: $GOOGLE_CLOUD_PROJECT)"
    )
    group.add_argument("--bucket-name", help="bucket of events and files (default: $BUCKET_NAME)")
    group.add_argument(
        "--dataset", help="dataset of the tables (default: $BIGQUERY_DATASET, or events)"
    )


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to send; each has a variable, too."""
    group = parser.add_argument_group("where to send")
    group.add_argument("--host", help="URL of the gateway (default: $ANALYTICS_URL)")
    group.add_argument("--api-key", help="API key to show (default: $API_KEY)")


def add_selection_options(
    parser: argparse.ArgumentParser, *, since: str = "7d", settle: str = "15m"
) -> None:
    """Add the options that say which objects; `settle` ago is the default end."""
    group = parser.add_argument_group("which objects")
    group.add_argument("--environment", help="only this analytics_environment (default: any)")
    group.add_argument("--category", help="only this event_category (default: any)")
    group.add_argument(
        "--since",
        type=read_moment,
        default=since,
        help=f"only what was received from then on: {MOMENT_HELP} (default: {since})",
    )
    group.add_argument(
        "--until",
        type=read_moment,
        default=settle,
        help=f"only what was received before then (default: {settle})",
    )


def read_selection(arguments: argparse.Namespace) -> Selection:
    """Return the objects that the options select; raises WrongUsage for a time without length."""
    if arguments.since >= arguments.until:
        raise WrongUsage("--since is not before --until")
    return Selection(arguments.since, arguments.until, arguments.environment, arguments.category)
