"""The prices of prices.json: each a list of tiers, a unit and the page it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

PRICES_FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Tier:
    """What a unit costs above a monthly quantity, until the next tier begins."""

    above: float
    usd: float


@dataclass(frozen=True)
class Price:
    """The list price of one thing that is metered; tiers begin at 0 and rise."""

    resource: str
    unit: str
    tiers: tuple[Tier, ...]
    source: str
    note: str = ""

    def charge(self, quantity: float) -> float:
        """Return the US dollars for a month's quantity."""
        ends = [*(tier.above for tier in self.tiers), float("inf")]
        return sum(
            tier.usd * max(0.0, min(quantity, end) - start)
            for tier, (start, end) in zip(self.tiers, pairwise(ends), strict=True)
        )

    def without_free_tier(self) -> "Price":
        """Return what somebody pays whose free quantity is used up by something else."""
        paid = [tier for tier in self.tiers if tier.usd]
        tiers = (Tier(0, paid[0].usd), *paid[1:])
        return Price(self.resource, self.unit, tiers, self.source, self.note)


@dataclass(frozen=True)
class PriceList:
    """All prices by the name of the quantity they belong to, and the day they were read."""

    as_of: str
    scope: str
    prices: Mapping[str, Price]


def read_prices(*, multi_region: bool = False, free_tier: bool = True) -> PriceList:
    """Read prices.json, for a bucket in a region or in a multi-region."""
    document = json.loads(PRICES_FILE.read_text())
    prices = {
        name: _read_price(entry, multi_region=multi_region)
        for name, entry in document["prices"].items()
    }
    if not free_tier:
        prices = {name: price.without_free_tier() for name, price in prices.items()}
    return PriceList(document["as_of"], document["scope"], prices)


def _read_price(entry: Mapping[str, Any], *, multi_region: bool) -> Price:
    tiers = entry["tiers"]
    if multi_region:
        tiers = entry.get("multi_region_tiers", tiers)
    return Price(
        entry["resource"],
        entry["unit"],
        tuple(Tier(tier["above"], tier["usd"]) for tier in tiers),
        entry["source"],
        entry.get("note", ""),
    )
