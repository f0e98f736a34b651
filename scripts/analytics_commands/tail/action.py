"""The view as a whole: which log lines, what they tell of, and where that is shown."""

import argparse
from itertools import islice

from analytics_commands.foundation.pipeline.log_lines import log_lines_of
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.output import data_console, visible
from analytics_commands.foundation.terminal.parsing import read_moment
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.tail.arrivals import REFUSALS, STORED, URL_ISSUED, Wanted
from analytics_commands.tail.arrived_contents import Contents
from analytics_commands.tail.feed import Feed
from analytics_commands.tail.following import Follower, follow, read_once
from analytics_commands.tail.screen import Screen

_NOW, _LATELY = "0m", "10m"


def tail(arguments: argparse.Namespace) -> None:
    """Show what arrives, until there was enough of it; raises LogsUnavailable."""
    target = read_target(arguments)
    console = progress_console()

    def note(text: str) -> None:
        console.print(visible(text), markup=False)

    since = arguments.since or read_moment(_LATELY if arguments.once else _NOW)
    events = {STORED, URL_ISSUED, *(REFUSALS if arguments.refused else ())}
    follower = Follower(log_lines_of(target), events, since)
    screen = Screen(data_console(), as_json=arguments.json, all_labels=arguments.labels)
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
