"""Write the tables and plots of docs/performance.md.

    python scripts/generate/performance_page.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test fails while the page and
the price list disagree.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pygal
from pygal.style import CleanStyle

from analytics_bench.report.figures_file import Figure, read_figures
from analytics_bench.report.perf_targets import judge, targets_of
from analytics_commands.estimate_cost.estimate import Estimate, estimate
from analytics_commands.estimate_cost.prices import read_prices
from analytics_commands.estimate_cost.units import DAYS
from analytics_commands.estimate_cost.workload import Workload
from analytics_commands.foundation.drawing import draw
from generate.markdown_tables import draw_table, fill_tables

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
FIGURES = PAGE.with_name("performance") / "figures.jsonl"  # of `make bench ARGS=--check`
PLOT = FIGURES.with_name("cost.svg")
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
    figures = read_figures(FIGURES)
    return fill_tables(page, {"steps": _steps(STEPS), "measured": _measured(figures)})


def plot() -> str:
    """Return the picture of what a million events cost, as SVG."""
    chart = pygal.Line(
        js=[],
        no_prefix=True,
        logarithmic=True,
        show_dots=False,
        style=CleanStyle(),
        title="USD per million events, by events in a request",
        x_title="events a second",
        legend_at_bottom=True,
        value_formatter=lambda value: f"{value:,.2f}",
        width=900,
        height=460,
    )
    chart.x_labels = [f"{rate:,}" for rate in _PLOTTED_RATES]
    for size in _PLOTTED_BATCHES:
        chart.add(f"{size:,}", [_per_million(rate, size) for rate in _PLOTTED_RATES])
    return draw(chart)


def _per_million(rate: int, size: int) -> float:
    return Step(rate, size).estimate.total / (rate * _SECONDS * DAYS / _MILLION)


def _measured(figures: Sequence[Figure]) -> str:
    """Return every target of `--check`, by the version of Python that the figures are of."""
    rows = []
    for python in dict.fromkeys(figure.python for figure in figures):
        ours = [figure for figure in figures if figure.python == python]
        for each in judge(ours, targets_of(python)):
            target, value = each.target, each.value
            bound = f"{'at least' if target.at_least else 'at most'} {target.bound:.4g}"
            shown = "not measured" if value is None else f"{value:.4g}"
            rows.append((target.name, python, f"{shown} {target.unit}", bound))
    return draw_table(("what", "CPython", "measured", "target"), rows)


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
