"""Get stored events of any category into BigQuery, by hand.

    analytics import-events query --category cold --since 7d
    analytics import-events external --table cold_events --category cold --hive
    analytics import-events native --table may --since 2026-05-01

`query` reads the objects for one query, `external` makes a table that reads them whenever it is
queried, `native` loads them into a table. Each prints the `bq` command that does the same.
"""

import argparse
import re
from collections.abc import Sequence
from functools import partial

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import Parser, new_parser
from analytics_commands.import_events.import_source import TEMPORARY_TABLE
from analytics_commands.import_events.imported_columns import (
    HIVE_COLUMNS,
    default_columns,
    parse_columns,
)
from analytics_commands.import_events.window import read_day

_TABLE_NAME = re.compile(r"[\w-]{1,1024}")


def build_parser() -> argparse.ArgumentParser:
    """Return the command line: a subcommand for each way."""
    parser = new_parser(__doc__)
    ways = parser.add_subparsers(dest="way", metavar="WAY", required=True)
    shared = _shared_options()
    querying = ways.add_parser("query", parents=[shared], help="run one query over the objects")
    querying.add_argument(
        "--sql",
        help=f"query to run over `{TEMPORARY_TABLE}`"
        " (default: count events by environment, category and eventType)",
    )
    external = ways.add_parser("external", parents=[shared], help="make a table that reads them")
    _add_table_option(external)
    external.add_argument(
        "--replace", action="store_true", help="replace an external table of that name"
    )
    native = ways.add_parser("native", parents=[shared], help="load them into a table")
    _add_table_option(native)
    return parser


def _shared_options() -> Parser:
    parser = Parser(add_help=False)
    add_target_options(parser)
    group = parser.add_argument_group("which objects")
    group.add_argument("--environment", help="read that analytics_environment only (default: all)")
    group.add_argument("--category", help="read that event_category only (default: all)")
    group.add_argument(
        "--since",
        type=read_day,
        metavar="DAY",
        help="read days (event_ds) from that on: a date, or how long ago: 7d, 2w (default: all)",
    )
    group.add_argument(
        "--until",
        type=read_day,
        metavar="DAY",
        help="read days (event_ds) before that (default: all)",
    )
    group = parser.add_argument_group("which columns")
    group.add_argument(
        "--schema",
        type=parse_columns,
        default=default_columns(),
        metavar="NAME:TYPE,…",
        help="read these fields of the events, ignore others (default: the columns of events_gcs)",
    )
    group.add_argument(
        "--hive",
        action="store_true",
        help=f"add columns of the objects' names: {', '.join(HIVE_COLUMNS)}",
    )
    parser.add_argument("--json", action="store_true", help="print JSON objects instead of text")
    return parser


def _add_table_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--table",
        type=_read_table,
        required=True,
        metavar="NAME",
        help="name of the table in the dataset",
    )


def _read_table(text: str) -> str:
    if not _TABLE_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a table: letters, digits, _ and -; --dataset says where"
        )
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.since and arguments.until and arguments.since >= arguments.until:
        parser.error(f"--since {arguments.since} is not before --until {arguments.until}")
    doubled = {column.name.casefold() for column in arguments.schema} & set(HIVE_COLUMNS)
    if arguments.hive and doubled:
        parser.error(f"--hive adds {', '.join(sorted(doubled))}: leave it out of --schema")
    return run_command(partial(_act, arguments))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.import_events.action import import_events

    import_events(arguments)
