"""Show events as they arrive, one a line.

    analytics tail --since 10m --environment testing --once

Follows the functions' log lines, and reads each batch from Cloud Storage when one tells of it.
Columns: time, environment, category, session, eventType, eventIndex, player, attributes. Without
--once it goes on until Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from itertools import islice

from analytics_commands.foundation.pipeline.log_lines import log_lines_of
from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.output import data_console, visible
from analytics_commands.foundation.terminal.parsing import new_parser, read_count, read_moment
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.tail.arrivals import REFUSALS, STORED, URL_ISSUED, Wanted
from analytics_commands.tail.arrived_contents import Contents
from analytics_commands.tail.feed import Feed
from analytics_commands.tail.following import Follower, follow, read_once
from analytics_commands.tail.screen import Screen

_NOW, _LATELY = "0m", "10m"
_MAX_SECONDS = 3600.0


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    group = parser.add_argument_group("what is shown")
    group.add_argument("--environment", help="analytics_environment (any)")
    group.add_argument("--category", help="event_category (any)")
    group.add_argument("--session", help="of the object's name, or the event's own (any)")
    group.add_argument(
        "--since",
        type=read_moment,
        help="begin earlier: a date, ISO 8601, or how long ago: 45m, 12h (now; with --once 10m)",
    )
    group.add_argument("--batches", action="store_true", help="one line a batch; reads no object")
    group.add_argument("--refused", action="store_true", help="requests that were refused, too")
    parser.add_argument("--once", action="store_true", help="show what is there, and end")
    parser.add_argument("--lines", type=read_count, help="end after so many lines")
    parser.add_argument(
        "--interval", type=_read_seconds, default=2.0, help="seconds between two looks (2)"
    )
    parser.add_argument(
        "--json", action="store_true", help="the events' own lines, exactly as they are stored"
    )
    return parser


def tail(arguments: argparse.Namespace) -> None:
    """Show what arrives, until there was enough of it."""
    target = read_target(arguments)
    console = progress_console()

    def note(text: str) -> None:
        console.print(visible(text), markup=False)

    since = arguments.since or read_moment(_LATELY if arguments.once else _NOW)
    events = {STORED, URL_ISSUED, *(REFUSALS if arguments.refused else ())}
    follower = Follower(log_lines_of(target), events, since)
    screen = Screen(data_console(), as_json=arguments.json)
    with Contents(target.bucket) as contents:
        feed = Feed(
            target.settings.bucket_name,
            contents,
            Wanted(arguments.environment, arguments.category, arguments.session),
            note,
            as_batches=arguments.batches,
            events_only=arguments.json and not arguments.batches,
        )
        if arguments.once:
            chunks = read_once(follower)
        else:
            note(f"following gs://{target.settings.bucket_name}; Ctrl-C ends it")
            chunks = follow(follower, arguments.interval, note)
        for line in islice(feed.lines(chunks), arguments.lines):
            screen.show(line)


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, up to an hour")
    return seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(tail, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
