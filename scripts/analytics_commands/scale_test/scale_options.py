"""The options of a scale test, and the run that they ask for."""

import argparse
import re
import secrets
from datetime import UTC, date, datetime
from pathlib import Path

from analytics_commands.foundation.terminal.parsing import read_count
from analytics_commands.scale_test.load.planting import Plan
from analytics_pipeline.object_names import EVENT_TIMES, Partition, event_time_of

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that are a scale test's own."""
    _add_load_options(parser)
    _add_place_options(parser)
    add = parser.add_argument
    add(
        "--wait-seconds",
        type=float,
        default=120.0,
        help="how long the last row is waited for, in seconds (default: %(default)g)",
    )
    add(
        "--report",
        type=Path,
        metavar="FILE",
        help="write the report to this HTML file (default: a new one in the system's temporary"
        " folder)",
    )
    add("--no-report", action="store_true", help="write no report")
    add(
        "--compare",
        type=_file,
        metavar="EARLIER.html",
        help="show the figures beside those of the report of an earlier run",
    )
    add("--json", action="store_true", help="print one JSON object instead of tables")
    add(
        "--gcp-secret-path",
        type=_file,
        metavar="FILE",
        help="log in with the key of a service account in this file",
    )


def _add_load_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is sent").add_argument
    add(
        "--scale-test-name",
        type=_name,
        default="baseline",
        metavar="NAME",
        help="what the names of the run and its session begin with (default: %(default)s)",
    )
    add("--n", type=read_count, default=1000, help="how many batches to send (default: 1000)")
    add(
        "--batch-size",
        type=read_count,
        default=4,
        metavar="EVENTS",
        help="how many events are in a batch (default: %(default)s)",
    )
    add(
        "--pool-size",
        type=read_count,
        default=30,
        metavar="CLIENTS",
        help="how many clients send at a time, each waiting for its answer (default: %(default)s)",
    )
    add(
        "--rate",
        type=_rate,
        help="start so many batches a second instead, whether or not earlier ones were answered",
    )


def _add_place_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("where the events belong").add_argument
    add(
        "--event-category",
        default="function",
        metavar="NAME",
        help="category that the events are sent to (default: %(default)s)",
    )
    add(
        "--analytics-environment",
        default="testing",
        metavar="NAME",
        help="environment that the events are sent to (default: %(default)s)",
    )
    add(
        "--event-ds",
        type=_day,
        metavar="DATE",
        help="day that the events are stored under, YYYY-MM-DD (default: today, UTC)",
    )
    add(
        "--event-time",
        choices=EVENT_TIMES,
        help="third of the day that the events are stored under (default: the present one)",
    )


def read_plan(arguments: argparse.Namespace) -> Plan:
    """Return the plan of a run unlike any other; its day and time are said, not left to chance."""
    now = datetime.now(UTC)
    unique = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    return Plan(
        run=f"{arguments.scale_test_name}-{unique}",
        batches=arguments.n,
        batch_size=arguments.batch_size,
        partition=Partition(
            arguments.analytics_environment,
            arguments.event_category,
            arguments.event_ds or now.date().isoformat(),
            arguments.event_time or event_time_of(now),
        ),
        started=now,
    )


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("1 to 64 of A-Z a-z 0-9 . _ - are accepted")
    return text


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return rate


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date YYYY-MM-DD") from None
