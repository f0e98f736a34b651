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
    add = parser.add_argument
    add("--scale-test-name", type=_name, default="baseline", help="of the run (%(default)s)")
    add("--n", type=read_count, default=1000, help="how many batches are sent (%(default)s)")
    add("--batch-size", type=read_count, default=4, help="events of a batch (%(default)s)")
    add("--pool-size", type=read_count, default=30, help="clients at a time (%(default)s)")
    add("--rate", type=_rate, help="batches started a second, answered or not; no clients then")
    add("--event-category", default="function", help="(%(default)s)")
    add("--analytics-environment", default="testing", help="(%(default)s)")
    add("--event-ds", type=_day, help="a date YYYY-MM-DD (today, UTC)")
    add("--event-time", choices=EVENT_TIMES, help="(this third of the day)")
    add("--wait-seconds", type=float, default=120.0, help="for the last row (%(default)g)")
    add("--report", type=Path, metavar="FILE", help="HTML (scale-test-NAME.html)")
    add("--no-report", action="store_true", help="write no report")
    add("--json", action="store_true", help="one JSON object instead of tables")
    add("--gcp-secret-path", type=_file, metavar="FILE", help="a service account's key, to use it")


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
