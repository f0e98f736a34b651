"""Estimate what the pipeline costs in a month, item by item.

    analytics estimate-cost --events-per-day 1000000 --events-per-batch 50

The list prices, with their sources, are in prices.json beside this command;
docs/cost.md explains the items. Traffic is taken to be even over the day: in
peaks more requests overlap, and those share an instance's time.
"""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from analytics_commands.estimate_cost.workload import Workload
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser

_HELP = {
    "events_per_day": "events that clients send on a day",
    "event_bytes": "bytes of one event, as the client writes it",
    "events_per_batch": "events that are sent in one request, which becomes one object",
    "loaded_share": "share of the events that are loaded into BigQuery, from 0 to 1:"
    " those of the category `function`",
    "months_kept": "months of data that are kept at a time",
    "ingest_seconds": "seconds that a request to ingest takes",
    "load_seconds": "seconds that load takes for an object",
    "ingest_concurrency": "requests that an instance of ingest serves at a time",
    "load_concurrency": "objects that an instance of load serves at a time",
    "vcpus": "vCPUs of an instance of ingest or load",
    "ingest_memory_gib": "memory of an instance of ingest, in GiB",
    "load_memory_gib": "memory of an instance of load, in GiB",
    "warm_instances": "instances of ingest that are kept while nothing is sent",
    "reconcile_runs_per_day": "runs of reconcile a day, beside the nightly one; 0: it never runs",
    "reconcile_seconds": "seconds that a run of reconcile takes when nothing has to be loaded",
    "audits_per_day": "how often a day the last day is audited",
    "reconcile_memory_gib": "memory of an instance of reconcile, in GiB",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the command line: an option for each field of a workload."""
    parser = new_parser(__doc__)
    for field in fields(Workload):
        is_required = field.name == "events_per_day"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=int if field.type is int else float,
            metavar="N",
            required=is_required,
            default=None if is_required else field.default,
            help=_HELP[field.name] + ("" if is_required else f" (default: {field.default:g})"),
        )
    parser.add_argument(
        "--multi-region",
        action="store_true",
        help="use the prices of a bucket in a multi-region, such as EU or US",
    )
    parser.add_argument(
        "--no-free-tier",
        action="store_true",
        help="count no free quantities: something else of the project uses them up",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.estimate_cost.action import estimate_cost

    estimate_cost(arguments)
