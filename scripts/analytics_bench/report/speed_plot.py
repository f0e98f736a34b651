"""The speed of the variants as a picture: an SVG that needs nothing else."""

from collections.abc import Sequence

import pygal
from pygal.style import CleanStyle

from analytics_bench.report.figures_file import Figure

_MEASURE = "per_second"


def speed_plot(figures: Sequence[Figure]) -> bytes:
    """Return the chart of requests a second under each condition; what is noisy says so."""
    measured = [each for each in figures if each.measure == _MEASURE]
    conditions = list(dict.fromkeys(map(_condition, measured)))
    chart = pygal.HorizontalBar(
        js=[],
        logarithmic=True,
        style=CleanStyle(),
        title="requests a second on one core",
        legend_at_bottom=True,
        width=900,
        height=120 + 60 * len(conditions),
        value_formatter=lambda value: f"{value:,.0f}",
    )
    chart.x_labels = [f"{name}, noisy" if noisy else name for name, noisy in conditions]
    for variant in dict.fromkeys(each.variant for each in measured):
        values = {_condition(each): each.value for each in measured if each.variant == variant}
        chart.add(variant, [values.get(condition) for condition in conditions])
    svg: bytes = chart.render()
    return svg


def _condition(figure: Figure) -> tuple[str, bool]:
    name = f"{figure.events} events, {figure.clients} clients, {figure.delay_ms} ms"
    return name, figure.noisy
