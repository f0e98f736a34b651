"""Imports: select the objects, say how `bq` does the same, and do it."""

import argparse
import sys
from itertools import chain, islice

from analytics_commands.foundation.pipeline.target import Target, read_target
from analytics_commands.foundation.terminal.output import print_json, print_records
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.import_events.bq_commands import Bq, fits_a_shell
from analytics_commands.import_events.default_sql import counting
from analytics_commands.import_events.import_source import Source
from analytics_commands.import_events.importer import Importer
from analytics_commands.import_events.selection import Wanted, select_uris
from analytics_commands.import_events.window import DayWindow
from analytics_pipeline import object_names


def import_events(arguments: argparse.Namespace) -> None:
    """Select the objects and import them; raises CommandFailed or TransientError."""
    target = read_target(arguments)
    source = _select(arguments, target)
    importer = Importer(target.bigquery, target.dataset)
    settings = target.settings
    bq = Bq(settings.google_cloud_project, settings.bigquery_dataset, importer.location)
    _WAYS[arguments.way](arguments, source, importer, bq)


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
    sql = arguments.sql
    if sql is None:
        source, sql = counting(source)
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
        print(
            f"{counted(loaded, 'row was', 'rows were')} loaded into {bq.dataset}.{arguments.table}"
        )


def _teach(command: str) -> None:
    """Print the command that does the same."""
    if fits_a_shell(command):
        print(f"With bq:\n{command}", file=sys.stderr)
    else:
        print("With bq, the URIs are more than one word of a shell's command", file=sys.stderr)


_WAYS = {"query": _query, "external": _external, "native": _native}
