"""Get stored events of any category into BigQuery, by hand.

    analytics import-events query --environment production --category cold --since 7d
    analytics import-events external --table cold_events --category cold --hive
    analytics import-events native --table may --since 2026-05-01 --until 2026-06-01

`query` reads the objects for one query, `external` makes a table that reads them whenever it is
queried, `native` loads them into a table. Each prints the `bq` command that does the same.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from functools import partial
from itertools import chain, islice

from analytics_commands.foundation.pipeline.pipeline_options import add_target_options
from analytics_commands.foundation.pipeline.target import Target, read_target
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.output import print_json, print_records
from analytics_commands.foundation.terminal.parsing import Parser, new_parser
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.import_events.bq_commands import TEMPORARY_TABLE, Bq, fits_a_shell
from analytics_commands.import_events.import_source import Source
from analytics_commands.import_events.imported_columns import (
    HIVE_COLUMNS,
    default_columns,
    parse_columns,
)
from analytics_commands.import_events.importer import Importer
from analytics_commands.import_events.selection import Wanted, select_uris
from analytics_commands.import_events.window import DayWindow, read_day
from analytics_pipeline import object_names

_KEYS = ("analytics_environment", "event_category")
_TABLE_NAME = re.compile(r"[\w-]{1,1024}")


def build_parser() -> argparse.ArgumentParser:
    """Return the command line: a subcommand for each way."""
    parser = new_parser(__doc__)
    ways = parser.add_subparsers(metavar="WAY", required=True)
    shared = _shared_options()
    querying = ways.add_parser("query", parents=[shared], help="run one query over the objects")
    querying.add_argument(
        "--sql", help=f"over `{TEMPORARY_TABLE}` (events by environment, category and eventType)"
    )
    querying.set_defaults(way=_query)
    external = ways.add_parser("external", parents=[shared], help="make a table that reads them")
    _add_table_option(external)
    external.add_argument("--replace", action="store_true", help="an external table of that name")
    external.set_defaults(way=_external)
    native = ways.add_parser("native", parents=[shared], help="load them into a table")
    _add_table_option(native)
    native.set_defaults(way=_native)
    return parser


def _shared_options() -> Parser:
    parser = Parser(add_help=False)
    add_target_options(parser)
    group = parser.add_argument_group("which objects")
    group.add_argument("--environment", help="analytics_environment (any)")
    group.add_argument("--category", help="event_category (any)")
    group.add_argument(
        "--since",
        type=read_day,
        metavar="DAY",
        help="event_ds from that day on: a date, or how long ago: 7d, 2w (all)",
    )
    group.add_argument("--until", type=read_day, metavar="DAY", help="event_ds before that (all)")
    group = parser.add_argument_group("which columns")
    group.add_argument(
        "--schema",
        type=parse_columns,
        default=default_columns(),
        metavar="NAME:TYPE,…",
        help="fields of the events; others are ignored (the columns of events_gcs)",
    )
    group.add_argument("--hive", action="store_true", help=f"and {', '.join(HIVE_COLUMNS)}")
    parser.add_argument("--json", action="store_true", help="JSON objects instead of text")
    return parser


def _add_table_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--table", type=_read_table, required=True, metavar="NAME", help="of the dataset"
    )


def import_events(arguments: argparse.Namespace) -> None:
    """Select the objects and import them; raises CommandFailed or TransientError."""
    target = read_target(arguments)
    source = _select(arguments, target)
    importer = Importer(target.bigquery, target.dataset)
    settings = target.settings
    bq = Bq(settings.google_cloud_project, settings.bigquery_dataset, importer.location)
    arguments.way(arguments, source, importer, bq)


def _select(arguments: argparse.Namespace, target: Target) -> Source:
    bucket = target.settings.bucket_name
    wanted = Wanted(
        arguments.environment, arguments.category, DayWindow(arguments.since, arguments.until)
    )
    days = target.inventory.days(
        analytics_environment=wanted.analytics_environment, event_category=wanted.event_category
    )
    prefix = object_names.object_uri(bucket, object_names.HIVE_PREFIX)
    return Source(
        select_uris(wanted, bucket, days), arguments.schema, prefix if arguments.hive else None
    )


def _query(arguments: argparse.Namespace, source: Source, importer: Importer, bq: Bq) -> None:
    sql = arguments.sql or _default_sql(source)
    _teach(bq.query(source, sql))
    rows = importer.query(source, sql)
    with progress_console().status("waiting for BigQuery"):
        first = list(islice(rows, 1))
    print_records(chain(first, rows), as_json=arguments.json)


def _external(arguments: argparse.Namespace, source: Source, importer: Importer, bq: Bq) -> None:
    replace = arguments.replace and importer.has_external(arguments.table)
    _teach(bq.external(source, arguments.table, replace=replace))
    table = importer.create_external(source, arguments.table, replace=replace)
    if arguments.json:
        print_json({"table": table, "uris": source.uris})
    else:
        print(f"{table} reads what matches", *source.uris, sep="\n  ")


def _native(arguments: argparse.Namespace, source: Source, importer: Importer, bq: Bq) -> None:
    _teach(bq.native(source, arguments.table))
    with progress_console().status("loading"):
        loaded = importer.load(source, arguments.table)
    if arguments.json:
        print_json({"table": f"{bq.project}.{bq.dataset}.{arguments.table}", "rows": loaded})
    else:
        print(f"{loaded:,} rows were loaded into {bq.dataset}.{arguments.table}")


def _default_sql(source: Source) -> str:
    """Count the events by what their objects' names say, and by type where that is a column."""
    has_keys = source.hive_prefix is not None
    columns = [
        key if has_keys else f'REGEXP_EXTRACT(_FILE_NAME, r"/{key}=([^/]+)/") AS {key}'
        for key in _KEYS
    ]
    columns += [column.name for column in source.columns if column.name == "eventType"]
    numbers = ", ".join(map(str, range(1, len(columns) + 1)))
    return (
        f"SELECT {', '.join(columns)}, COUNT(*) AS events FROM {TEMPORARY_TABLE}"  # noqa: S608 - constants
        f" GROUP BY {numbers} ORDER BY events DESC, {numbers}"
    )


def _teach(command: str) -> None:
    """Print the command that does the same."""
    if fits_a_shell(command):
        print(f"With bq:\n{command}", file=sys.stderr)
    else:
        print("With bq, the URIs are more than one word of a shell's command", file=sys.stderr)


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
    return run_command(partial(import_events, arguments))


if __name__ == "__main__":
    sys.exit(main())
