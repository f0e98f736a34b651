"""Options that several commands have, and what they mean."""

import argparse
import re
from datetime import UTC, datetime, timedelta

from analytics_commands.foundation.pipeline.target import GatewaySettings, Target
from analytics_commands.foundation.terminal.ending import WrongUsage
from analytics_pipeline.stored_objects import Selection

_AGO = re.compile(r"(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MAX_DIGITS = 4  # of a duration: two centuries of weeks
_MOMENT_HELP = "a date, a time (ISO 8601, UTC), or how long ago: 45m, 12h, 7d"


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which pipeline; each has a variable, too."""
    group = parser.add_argument_group("which pipeline")
    group.add_argument("--project-id", help="(GOOGLE_CLOUD_PROJECT)")
    group.add_argument("--bucket-name", help="(BUCKET_NAME)")
    group.add_argument("--dataset", help="(BIGQUERY_DATASET, else events)")


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to send; each has a variable, too."""
    group = parser.add_argument_group("where to send")
    group.add_argument("--host", help="the gateway's URL (ANALYTICS_URL)")
    group.add_argument("--api-key", help="(API_KEY)")


def add_selection_options(
    parser: argparse.ArgumentParser, *, since: str = "7d", settle: str = "15m"
) -> None:
    """Add the options that say which objects; `settle` ago is the default end."""
    group = parser.add_argument_group("which objects")
    group.add_argument("--environment", help="analytics_environment (any)")
    group.add_argument("--category", help="event_category (any)")
    group.add_argument(
        "--since",
        type=read_moment,
        default=since,
        help=f"received from then on: {_MOMENT_HELP} ({since})",
    )
    group.add_argument(
        "--until", type=read_moment, default=settle, help=f"received before then ({settle})"
    )


def read_target(arguments: argparse.Namespace) -> Target:
    """Return the pipeline that options and variables name; raises ConfigurationError."""
    return Target.from_env(
        google_cloud_project=arguments.project_id,
        bucket_name=arguments.bucket_name,
        bigquery_dataset=arguments.dataset,
    )


def read_gateway(arguments: argparse.Namespace) -> GatewaySettings:
    """Return where to send, by options and variables; raises ConfigurationError."""
    given = {"analytics_url": arguments.host, "api_key": arguments.api_key}
    return GatewaySettings.from_env(given={name: text for name, text in given.items() if text})


def read_selection(arguments: argparse.Namespace) -> Selection:
    """Return the objects that the options select; raises WrongUsage for a time without length."""
    if arguments.since >= arguments.until:
        raise WrongUsage("--since is not before --until")
    return Selection(arguments.since, arguments.until, arguments.environment, arguments.category)


def read_count(text: str) -> int:
    """Return the number from 1 on that `text` is; raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def read_moment(text: str) -> datetime:
    """Return the UTC time that `text` means: a date, ISO 8601, or so long ago (`45m`, `7d`).

    Raises argparse.ArgumentTypeError.
    """
    try:
        if _AGO.fullmatch(text):
            return datetime.now(UTC) - read_duration(text)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not {_MOMENT_HELP}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_duration(text: str) -> timedelta:
    """Return how long `text` means: `0m`, `15m`, `7d`; raises argparse.ArgumentTypeError."""
    ago = _AGO.fullmatch(text)
    if ago is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 15m, 12h, 7d")
    if len(ago[1]) > _MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is too long")
    return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
