"""A workload's quantities times the price list: what a month costs, item by item."""

from dataclasses import dataclass

from analytics_commands.estimate_cost.prices import PriceList
from analytics_commands.estimate_cost.workload import Workload, monthly_quantities


@dataclass(frozen=True)
class LineItem:
    """What one price contributes in a month."""

    name: str
    resource: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True)
class Estimate:
    """A month of a workload."""

    workload: Workload
    items: tuple[LineItem, ...]

    @property
    def total(self) -> float:
        """US dollars a month."""
        return sum(item.usd for item in self.items)

    @property
    def per_million_events(self) -> float | None:
        """US dollars per million events; None when none are sent."""
        return self.total / (self.workload.events / 1e6) if self.workload.events else None


def estimate(workload: Workload, price_list: PriceList) -> Estimate:
    """Return what a month of the workload costs.

    Raises KeyError when quantities and prices do not name the same things.
    """
    quantities = monthly_quantities(workload)
    if unmatched := quantities.keys() ^ price_list.prices.keys():
        raise KeyError(f"without price or without quantity: {sorted(unmatched)}")
    return Estimate(
        workload,
        tuple(
            LineItem(
                name,
                price.resource,
                quantities[name],
                price.unit,
                price.charge(quantities[name]),
            )
            for name, price in price_list.prices.items()
        ),
    )
