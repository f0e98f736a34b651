"""Write the tables of docs/cost.md from prices.json.

    python scripts/generate/cost_page.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test fails while the page and
the data disagree.
"""

import sys
from pathlib import Path

from analytics_commands.estimate_cost.estimate import Estimate, estimate
from analytics_commands.estimate_cost.prices import Price, read_prices
from analytics_commands.estimate_cost.units import DAYS
from analytics_commands.estimate_cost.workload import Workload
from generate.markdown_tables import draw_table, fill_tables

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"
_BATCH_SIZES = (1, 4, 100)
_LARGE_BATCH_SIZES = (20, 100, 500)
_LARGE = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_EVENTS_PER_DAY = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


def main() -> int:
    """Rewrite the page; returns 0."""
    PAGE.write_text(fill(PAGE.read_text()))
    return 0


def fill(page: str) -> str:
    """Return the page with every table as the data says.

    Raises KeyError for a table that nobody draws.
    """
    drawn = {
        "prices": _prices(),
        "per-resource": _per_resource(),
        "per-million": _per_million(),
        "per-month": _per_month(),
    }
    return fill_tables(page, drawn)


def _prices() -> str:
    regional, multi_region = read_prices().prices, read_prices(multi_region=True).prices
    rows = []
    for name, price in regional.items():
        text = _tiers(price)
        if multi_region[name].tiers != price.tiers:
            text += f"; multi-region {_tiers(multi_region[name])}"
        rows.append((price.resource, price.unit, text, f"<{price.source}>", price.note))
    return draw_table(("what is metered", "unit", "USD a unit", "source", ""), rows)


def _tiers(price: Price) -> str:
    texts = []
    for tier in price.tiers:
        amount = f"{tier.usd:.7f}".rstrip("0").rstrip(".") if tier.usd else "free"
        texts.append(f"{amount} above {tier.above:,.10g}" if tier.above else amount)
    return ", ".join(texts)


def _per_resource() -> str:
    million = 1_000_000 / DAYS
    columns: dict[str, Estimate] = {
        "idle": _without_free_tier(Workload(events_per_day=0)),
        "idle, one warm instance": _without_free_tier(Workload(events_per_day=0, warm_instances=1)),
    } | {
        f"{size} a request": _without_free_tier(
            Workload(events_per_day=million, events_per_batch=size)
        )
        for size in _BATCH_SIZES
    }
    estimates = list(columns.values())
    rows = [
        (items[0].resource, *(_usd(item.usd) for item in items))
        for items in zip(*(each.items for each in estimates), strict=True)
    ]
    total = ("**all**", *(f"**{_usd(each.total)}**" for each in estimates))
    return draw_table(("USD", *columns), [*rows, total])


def _per_month() -> str:
    rows = []
    for events in _EVENTS_PER_DAY:
        estimates = [
            estimate(Workload(events_per_day=events, events_per_batch=size), read_prices())
            for size in _BATCH_SIZES
        ]
        rows.append((f"{events:,}", *(f"{each.total:,.0f}" for each in estimates)))
    return draw_table(("events a day", *(f"{size} a request" for size in _BATCH_SIZES)), rows)


def _per_million() -> str:
    rows = []
    for events in _LARGE:
        estimates = [
            _without_free_tier(Workload(events_per_day=events, events_per_batch=size))
            for size in _LARGE_BATCH_SIZES
        ]
        rows.append((f"{events:,}", *(f"{each.per_million_events:.2f}" for each in estimates)))
    return draw_table(("events a day", *(f"{size} a request" for size in _LARGE_BATCH_SIZES)), rows)


def _without_free_tier(workload: Workload) -> Estimate:
    return estimate(workload, read_prices(free_tier=False))


def _usd(amount: float) -> str:
    return f"{amount:.2f}" if amount else "0"


if __name__ == "__main__":
    sys.exit(main())
