"""Write the tables and plots of docs/performance.md.

    python scripts/generate/performance_page.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test fails while the page and
the price list disagree.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_commands.estimate_cost.estimate import Estimate, estimate
from analytics_commands.estimate_cost.prices import read_prices
from analytics_commands.estimate_cost.units import DAYS
from analytics_commands.estimate_cost.workload import Workload
from generate.line_chart import Line, draw_chart
from generate.markdown_tables import draw_table, fill_tables

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
PLOT = PAGE.with_name("performance") / "cost.svg"
_SECONDS = 86_400
_THOUSAND, _MILLION = 1_000, 1_000_000
_PLOTTED_BATCHES = (1, 10, 100, 1000)
_PLOTTED_RATES = tuple(10**power for power in range(7))


@dataclass(frozen=True)
class Step:
    """So many events a second, in requests of so many, one month kept."""

    events: int
    events_per_request: int

    @property
    def estimate(self) -> Estimate:
        """What a month costs, without the free quantities."""
        workload = Workload(
            events_per_day=self.events * _SECONDS, events_per_batch=self.events_per_request
        )
        return estimate(workload, read_prices(free_tier=False))


STEPS = (
    *(Step(10, 20), Step(100, 50), Step(1_000, 100), Step(10_000, 100)),
    *(Step(100_000, 500), Step(1_000_000, 1_000)),
)


def main() -> int:
    """Rewrite the page and its plot; returns 0."""
    PAGE.write_text(fill(PAGE.read_text()))
    PLOT.write_text(plot())
    return 0


def fill(page: str) -> str:
    """Return the page with every table as the data says.

    Raises KeyError for a table that nobody draws.
    """
    return fill_tables(page, {"steps": _steps(STEPS)})


def plot() -> str:
    """Return the picture of what a million events cost, as SVG."""
    lines = [
        Line(f"{size:,} a request", [(rate, _per_million(rate, size)) for rate in _PLOTTED_RATES])
        for size in _PLOTTED_BATCHES
    ]
    return draw_chart("USD per million events", "events a second", lines)


def _per_million(rate: int, size: int) -> float:
    return Step(rate, size).estimate.total / (rate * _SECONDS * DAYS / _MILLION)


def _steps(steps: Sequence[Step]) -> str:
    rows = []
    for step in steps:
        total = step.estimate.total
        per_million = total / (step.events * _SECONDS * DAYS / _MILLION)
        requests = step.events / step.events_per_request
        rows.append(
            (
                f"{step.events:,}",
                f"{step.events_per_request:,}",
                f"{requests:,.1f}" if requests < _THOUSAND else f"{requests:,.0f}",
                f"{total:,.0f}",
                f"{per_million:.2f}",
            )
        )
    head = ("events a second", "a request", "requests and objects a second", "USD a month")
    return draw_table((*head, "USD per million"), rows)


if __name__ == "__main__":
    sys.exit(main())
