"""Ask BigQuery: a saved query, or SQL of your own.

    analytics query
    analytics query session_gaps --days 3 --environment production
    analytics query funnel --steps start,level_up,purchase --chart
    analytics query --sql 'SELECT event_type, COUNT(*) FROM events GROUP BY 1'

The first form lists the saved queries. Tables and views of the dataset need no dataset before
their names; SQL of your own may use the parameters of the saved ones: @since, @by, @environment,
@steps and @row_limit.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser, read_count
from analytics_commands.query.query_parameters import (
    EVENT,
    RECEIVED,
    Parameters,
    parameters_of,
    read_steps,
)
from analytics_commands.query.saved_queries import (
    SavedQuery,
    complete_name,
    read_saved_queries,
    suggest,
)

_MAX_DAYS = 36_500
_TERMINAL = Path("-")


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    name = parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a saved query; without one they are listed"
    )
    name.completer = complete_name  # type: ignore[attr-defined] # argcomplete looks for it
    parser.add_argument("--sql", help="SQL to run instead; `-` reads it from standard input")
    parser.add_argument("--show", action="store_true", help="print the saved query's SQL only")
    add_target_options(parser)
    _add_parameters(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object for each row")
    form.add_argument("--csv", action="store_true", help="print comma-separated values, a header")
    form.add_argument(
        "--chart",
        nargs="?",
        type=_read_chart_file,
        const=_TERMINAL,
        metavar="FILE.html",
        help="draw the rows: into a web page, or without FILE.html in the terminal",
    )
    return parser


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is asked for")
    group.add_argument(
        "--days",
        type=_read_days,
        default=7,
        help="@since: count from the day so many days ago (UTC); 0: from today (default: 7)",
    )
    group.add_argument(
        "--by",
        choices=(EVENT, RECEIVED),
        help="@by: days on which events happened by the client's clock, or on which they were"
        f" received (default: {RECEIVED})",
    )
    group.add_argument(
        "--environment", help="@environment: count that analytics_environment only (default: all)"
    )
    group.add_argument(
        "--steps",
        type=read_steps,
        metavar="TYPE,TYPE,…",
        help="@steps: event types of a funnel, in their order",
    )
    group.add_argument(
        "--limit",
        type=read_count,
        default=100,
        help="@row_limit: return so many rows at most (default: 100)",
    )


def _read_days(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 0 to {_MAX_DAYS}")
    return int(text)


def _read_chart_file(text: str) -> Path:
    """Return where to draw; what can be no page is found out before a query is paid for."""
    file = Path(text)
    if file == _TERMINAL:
        return file
    if file.suffix.lower() not in {".html", ".htm"}:
        raise argparse.ArgumentTypeError(f"{text!r} is no FILE.html; the query's NAME goes before")
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(file.parent)!r}")
    return file


def _choose(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> SavedQuery | None:
    """Return the saved query that is asked for; the parser refuses what makes no sense."""
    if arguments.sql is not None and (arguments.name or arguments.show):
        parser.error("--sql is a query of its own: give it without a NAME, and without --show")
    if arguments.name is None:
        if arguments.show:
            parser.error("--show needs the NAME of a saved query")
        if arguments.chart and arguments.sql is None:
            parser.error("--chart needs the NAME of a saved query, or --sql")
        return None
    known = read_saved_queries()
    if arguments.name not in known:
        close = " or ".join(suggest(arguments.name, known))
        hint = f"did you mean {close}?" if close else "without a NAME they are listed"
        parser.error(f"there is no saved query {arguments.name!r}; {hint}")
    chosen = known[arguments.name]
    _check_parameters(parser, arguments, chosen)
    return chosen


def _check_parameters(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, chosen: SavedQuery
) -> None:
    used = parameters_of(chosen.sql)
    if arguments.by and "by" not in used:
        parser.error(f"--by means nothing to {chosen.name}: it has no days, or is about receipt")
    if arguments.steps and "steps" not in used:
        parser.error(f"--steps means nothing to {chosen.name}")
    if "steps" in used and not arguments.steps and not arguments.show:
        parser.error(f"{chosen.name} needs --steps, event types such as start,level_up,purchase")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    return run_command(partial(_act, arguments, _choose(parser, arguments)))


def _act(arguments: argparse.Namespace, chosen: SavedQuery | None) -> None:
    parameters = Parameters(
        datetime.now(UTC).date() - timedelta(days=arguments.days),
        arguments.environment,
        arguments.limit,
        arguments.by or RECEIVED,
        arguments.steps or (),
    )
    if chosen is not None and arguments.show:
        sys.stdout.write(parameters.as_comments(chosen.sql) + chosen.sql)
    elif chosen is None and arguments.sql is None:
        from analytics_commands.query.answers import print_rows

        saved = read_saved_queries().values()
        rows = ({"name": each.name, "answers": each.description} for each in saved)
        print_rows(rows, as_json=arguments.json, as_csv=arguments.csv)
    else:
        from analytics_commands.query.action import query

        query(arguments, chosen, parameters)
