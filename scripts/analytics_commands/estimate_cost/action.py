"""The estimate as a whole: read the workload and the prices, multiply, and print."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from decimal import Decimal

from analytics_commands.estimate_cost.estimate import Estimate, estimate
from analytics_commands.estimate_cost.prices import PriceList, read_prices
from analytics_commands.estimate_cost.workload import Workload
from analytics_commands.foundation.terminal.ending import WrongUsage
from analytics_commands.foundation.terminal.output import data_console, print_json, print_records

_WHOLE = 100  # from here on a quantity needs no decimals


def estimate_cost(arguments: argparse.Namespace) -> None:
    """Print what a month costs; raises WrongUsage for a workload that no pipeline can have."""
    values = {field.name: getattr(arguments, field.name) for field in fields(Workload)}
    try:
        workload = Workload(**values)
    except ValueError as exc:
        raise WrongUsage(str(exc)) from None
    prices = read_prices(multi_region=arguments.multi_region, free_tier=not arguments.no_free_tier)
    show = _print_object if arguments.json else _print_table
    show(estimate(workload, prices), prices)


def _print_object(result: Estimate, price_list: PriceList) -> None:
    print_json(
        {
            "prices_as_of": price_list.as_of,
            "workload": asdict(result.workload),
            "items": [asdict(item) for item in result.items],
            "total_usd_per_month": result.total,
            "usd_per_million_events": result.per_million_events,
        }
    )


def _print_table(result: Estimate, price_list: PriceList) -> None:
    print_records(_rows(result), as_json=False)
    console = data_console()
    console.print()
    if result.per_million_events is not None:
        console.print(f"{result.per_million_events:,.2f} USD per million events.")
    console.print(f"{price_list.scope}; as of {price_list.as_of}.")
    console.print("Your own queries, and data that clients download, come on top.")


def _rows(result: Estimate) -> Iterator[Mapping[str, object]]:
    """Yield a row for each item, and the total."""
    for item in result.items:
        yield {
            "item": item.resource,
            "quantity": Decimal(f"{item.quantity:{'.0f' if item.quantity >= _WHOLE else '.3g'}}"),
            "unit": item.unit,
            "USD": _cents(item.usd),
        }
    total = _cents(result.total)
    yield {"item": "total of a month", "quantity": None, "unit": "", "USD": total}


def _cents(usd: float) -> Decimal:
    return Decimal(f"{usd:.2f}")
