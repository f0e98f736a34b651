"""Ask BigQuery: a saved query, or SQL of your own.

    analytics query
    analytics query session_gaps --days 3 --environment production
    analytics query --sql 'SELECT event_type, COUNT(*) AS n FROM events GROUP BY 1'

The first form lists the saved queries. Tables and views of the dataset need no dataset before
their names; SQL of your own may use the parameters of the saved ones: @since, @environment and
@row_limit.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.foundation.terminal.parsing import new_parser, read_count
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.query.delimited import write_csv
from analytics_commands.query.query_parameters import Parameters
from analytics_commands.query.saved_queries import SavedQuery, read_saved_queries, suggest

_MAX_DAYS = 36_500


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help="a saved query; none: list them")
    parser.add_argument("--sql", help="run this instead; `-` reads it from standard input")
    parser.add_argument("--show", action="store_true", help="print the saved query's SQL only")
    add_target_options(parser)
    group = parser.add_argument_group("what is asked for")
    group.add_argument(
        "--days",
        type=_read_days,
        default=7,
        help="@since: received on the day so many days ago (UTC) or later; 0: today (7)",
    )
    group.add_argument("--environment", help="@environment: analytics_environment (any)")
    group.add_argument(
        "--limit", type=read_count, default=100, help="@row_limit: the most rows (100)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object for each row")
    form.add_argument("--csv", action="store_true", help="comma-separated values, with a header")
    return parser


def query(arguments: argparse.Namespace, chosen: SavedQuery | None) -> None:
    """List, show or run; raises TransientError with BigQuery's own words."""
    parameters = Parameters(
        datetime.now(UTC).date() - timedelta(days=arguments.days),
        arguments.environment,
        arguments.limit,
    )
    if chosen is None and arguments.sql is None:
        saved = read_saved_queries().values()
        _print(({"name": each.name, "answers": each.description} for each in saved), arguments)
        return
    if chosen is not None and arguments.show:
        sys.stdout.write(parameters.as_comments() + chosen.sql)
        return
    sql = arguments.sql if chosen is None else chosen.sql
    sql = sys.stdin.read() if sql == "-" else sql
    target = read_target(arguments)
    rows = target.warehouse.query(sql, **parameters.values())
    with progress_console().status("waiting for BigQuery"):
        first = list(islice(rows, 1))
    _print(chain(first, rows), arguments)


def _print(records: Iterable[Mapping[str, Any]], arguments: argparse.Namespace) -> None:
    if arguments.csv:
        write_csv(records, sys.stdout)
    else:
        print_records(records, as_json=arguments.json)


def _read_days(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 0 to {_MAX_DAYS}")
    return int(text)


def _choose(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> SavedQuery | None:
    """Return the saved query that is asked for; the parser refuses what makes no sense."""
    if arguments.sql is not None and (arguments.name or arguments.show):
        parser.error("--sql is a query of its own: give it without a NAME, and without --show")
    if arguments.name is None:
        if arguments.show:
            parser.error("--show needs the NAME of a saved query")
        return None
    known = read_saved_queries()
    if arguments.name not in known:
        close = " or ".join(suggest(arguments.name, known))
        hint = f"did you mean {close}?" if close else "without a NAME they are listed"
        parser.error(f"there is no saved query {arguments.name!r}; {hint}")
    return known[arguments.name]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    return run_command(partial(query, arguments, _choose(parser, arguments)))


if __name__ == "__main__":
    sys.exit(main())
