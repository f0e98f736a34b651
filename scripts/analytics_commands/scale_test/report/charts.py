"""The charts of the report, each an SVG that needs nothing else: no script, no style, no font."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.proof import Proof
from analytics_commands.scale_test.report.figures import percentile

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#48505e",
    foreground_strong="#1c2330",
    foreground_subtle="#d9dee6",
    colors=("#2563eb", "#f59e0b", "#dc2626", "#0d9488"),
    guide_stroke_color="#dfe4eb",
    guide_stroke_dasharray="2,4",
    major_guide_stroke_color="#dfe4eb",
    major_guide_stroke_dasharray="2,4",
    opacity=".85",
    stroke_width="2",
    font_family=_FONT,
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=14,
    title_font_size=14,
)
_LOOK = {
    "style": _STYLE,
    "js": [],
    "width": 1080,
    "height": 330,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": 3,
    "legend_box_size": 12,
    "margin": 8,
    "margin_bottom": 18,
    "truncate_legend": -1,
    "show_minor_x_labels": True,
    "show_x_guides": False,
    "include_x_axis": True,
    "x_value_formatter": lambda value: f"{value:g}",
    "value_formatter": lambda value: f"{value:,.6g}",
}
_SLICES, _BINS, _POINTS = 60, 40, 200
_SHOWN_PERCENT = 99.5  # of the latencies; the rest is in the last bin
_TENTHS = 10


def latency_over_time(tally: Tally) -> str:
    """Return the chart of latencies in milliseconds over the seconds since the first request."""
    width = max(tally.last_answer / _SLICES, 0.1)
    chart = pygal.XY(**_LOOK, show_dots=False, x_title="seconds", y_title="ms")
    slices = [(start, sorted(each)) for start, each in _slices(tally, width)]
    for percent in (50, 95, 99):
        points = [(start + width / 2, percentile(each, percent) * 1000) for start, each in slices]
        chart.add(f"p{percent}", points)
    return _inline(chart)


def latency_histogram(tally: Tally) -> str:
    """Return the chart of how many batches had which latency."""
    ordered = sorted(value * 1000 for value in tally.latencies)
    top = percentile(ordered, _SHOWN_PERCENT)
    width = max(top / _BINS, 0.01)
    counts = Counter(min(int(value / width), _BINS - 1) for value in ordered)
    chart = pygal.Histogram(**_LOOK, show_legend=False, x_title="ms", y_title="batches")
    chart.add("batches", [(counts[n], n * width, (n + 1) * width) for n in range(_BINS)])
    return _inline(chart)


def arrival(plan: Plan, tally: Tally, proof: Proof) -> str:
    """Return the chart of accepted and arrived events, added up over time."""
    started = int(tally.started.timestamp() * _TENTHS)
    arrived = sorted(proof.witness.arrivals.items())
    totals = list(accumulate(count for _, count in arrived))
    moments = [max(0, tenth - started) / _TENTHS for tenth, _ in arrived]
    accepted = [(n + 1) * plan.batch_size for n in range(len(tally.answered))]
    chart = pygal.XY(**_LOOK, show_dots=False, x_title="seconds", y_title="events")
    chart.add("accepted", _thinned(tally.answered, accepted))
    chart.add("row made", _thinned(moments, totals))
    counted = [(poll.at, poll.count) for poll in proof.polls]
    chart.add("counted by query", counted, show_dots=True, stroke=False)
    return _inline(chart)


def _slices(tally: Tally, width: float) -> Iterator[tuple[float, Sequence[float]]]:
    """Yield the latencies of the batches that were answered in each slice of time."""
    start = 0
    for number in range(_SLICES):
        end = bisect_right(tally.answered, (number + 1) * width, lo=start)
        if end > start:
            yield number * width, tally.latencies[start:end]
        start = end


def _thinned(moments: Sequence[float], totals: Sequence[int]) -> list[tuple[float, int]]:
    """Return at most so many points, the last one among them."""
    step = max(1, len(moments) // _POINTS)
    points = [(0.0, 0), *zip(moments[::step], totals[::step], strict=True)]
    return [*points, (moments[-1], totals[-1])] if moments else points


def _inline(chart: pygal.Graph) -> str:
    """Return the SVG without pygal's script and comments."""
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {ET.Comment, "script"}:
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")
