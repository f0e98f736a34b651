"""Estimate what the pipeline costs in a month, item by item.

    analytics estimate-cost --events-per-day 1000000 --events-per-batch 50

Prices, with their sources, are in scripts/cost/prices.json; docs/cost.md explains the items.
Traffic is taken to be even over the day: in peaks more requests overlap, and those share an
instance's time.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields

from rich import box
from rich.console import Console
from rich.table import Table

from analytics_commands.estimate_cost.estimate import Estimate, estimate
from analytics_commands.estimate_cost.prices import PriceList, read_prices
from analytics_commands.estimate_cost.workload import Workload
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser

_HELP = {
    "events_per_day": "events that clients send a day",
    "event_bytes": "of one event, as the client writes it",
    "events_per_batch": "events of one request; each request becomes one object",
    "loaded_share": "share of the events with the category `function`, loaded into BigQuery",
    "months_kept": "how many months of data are kept at a time",
    "ingest_seconds": "duration of a request",
    "load_seconds": "duration of loading an object",
    "ingest_concurrency": "requests an instance of ingest serves at a time",
    "load_concurrency": "deliveries an instance of load serves at a time",
    "vcpus": "of an instance",
    "ingest_memory_gib": "of an instance of ingest",
    "load_memory_gib": "of an instance of load",
    "warm_instances": "instances of ingest that are kept while nothing is sent",
    "reconcile_runs_per_day": "how often reconcile looks at the last day (0: it is never called)",
    "reconcile_seconds": "duration of such a run",
    "reconcile_memory_gib": "of an instance of reconcile",
}
_WIDTH = 118
_WHOLE = 100  # from here on a quantity needs no decimals


def build_parser() -> argparse.ArgumentParser:
    """Return the command line: an option for each field of a workload."""
    parser = new_parser(__doc__)
    for field in fields(Workload):
        option = f"--{field.name.replace('_', '-')}"
        text = _HELP[field.name]
        if field.name == "events_per_day":
            parser.add_argument(option, type=float, required=True, help=text)
        else:
            kind = type(field.default)
            text = f"{text} (%(default)s)"
            parser.add_argument(option, type=kind, default=field.default, help=text)
    parser.add_argument(
        "--multi-region", action="store_true", help="the bucket is in a multi-region: EU, US"
    )
    parser.add_argument(
        "--no-free-tier", action="store_true", help="the free quantities are used up elsewhere"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    values = {field.name: getattr(arguments, field.name) for field in fields(Workload)}
    try:
        workload = Workload(**values)
    except ValueError as exc:
        parser.error(str(exc))
    prices = read_prices(multi_region=arguments.multi_region, free_tier=not arguments.no_free_tier)
    show = _print_json if arguments.json else _print_table
    return run_command(lambda: show(estimate(workload, prices), prices))


def _print_json(result: Estimate, price_list: PriceList) -> None:
    document = {
        "prices_as_of": price_list.as_of,
        "workload": asdict(result.workload),
        "items": [asdict(item) for item in result.items],
        "total_usd_per_month": result.total,
        "usd_per_million_events": result.per_million_events,
    }
    print(json.dumps(document))


def _print_table(result: Estimate, price_list: PriceList) -> None:
    table = Table(box=box.SIMPLE, show_footer=True)
    table.add_column("item", footer="total of a month")
    table.add_column("quantity", justify="right")
    table.add_column("unit")
    table.add_column("USD", justify="right", footer=f"{result.total:,.2f}")
    for item in result.items:
        quantity = f"{item.quantity:,.0f}" if item.quantity >= _WHOLE else f"{item.quantity:.3g}"
        table.add_row(item.resource, quantity, item.unit, f"{item.usd:,.2f}")
    console = Console(width=_WIDTH, highlight=False)
    console.print(table)
    if result.per_million_events is not None:
        console.print(f"{result.per_million_events:,.2f} USD per million events.")
    console.print(f"{price_list.scope}; as of {price_list.as_of}.")
    console.print("Your own queries, and data that clients download, come on top.")


if __name__ == "__main__":
    sys.exit(main())
