"""The charts of the report, each an SVG that needs nothing else: no script, no font, no network.

Their colours are variables of the page, so that they follow its light and dark. They are drawn as
small as a phone is, where their letters stay readable.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import pygal
from pygal.style import Style

from analytics_commands.foundation.drawing import draw
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof
from analytics_commands.scale_test.report.load_figures import percentile

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--soft)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--line)",
    colors=("var(--first)", "var(--second)", "var(--third)"),
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    guide_stroke_dasharray="2,4",
    major_guide_stroke_dasharray="2,4",
    opacity=".85",
    stroke_width="2",
    font_family="inherit",
    label_font_size=15,
    major_label_font_size=15,
    legend_font_size=15,
    title_font_size=15,
)
_LOOK = {
    "style": _STYLE,
    "js": [],
    "width": 420,
    "height": 250,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": 3,
    "legend_box_size": 10,
    "margin": 4,
    "margin_bottom": 14,
    "truncate_legend": -1,
    "show_x_guides": False,
    "include_x_axis": True,
    "dots_size": 2,
    "max_scale": 6,
    "x_label_rotation": 0,
    "x_value_formatter": lambda value: f"{value:,g}",
    "value_formatter": lambda value: f"{value:,.6g}",
}
_BATCHES_IN_A_SLICE = 200  # with fewer, the 95th and the 99th percentile are the same batch
_FEWEST_SLICES, _MOST_SLICES = 12, 60
_BINS, _POINTS = 40, 60
_SHOWN_PERCENT = 99.5  # of the latencies; the rest is in the last bin
_TENTHS = 10


@dataclass(frozen=True)
class _Slice:
    """Some of the time: its middle and length in seconds, and the sorted latencies within."""

    middle: float
    width: float
    latencies: Sequence[float]


def throughput_over_time(tally: Tally) -> str:
    """Return the chart of batches acknowledged a second; a pause is a zero."""
    chart = _chart(pygal.XY, "seconds", "batches a second")
    chart.add("", [(s.middle, len(s.latencies) / s.width) for s in _slices(tally)])
    return draw(chart)


def latency_over_time(tally: Tally, percent: int) -> str:
    """Return the chart of a percentile of the latency in milliseconds."""
    chart = _chart(pygal.XY, "seconds", "ms")
    slices = [each for each in _slices(tally) if each.latencies]
    chart.add("", [(s.middle, percentile(s.latencies, percent) * 1000) for s in slices])
    return draw(chart)


def latency_histogram(tally: Tally) -> str:
    """Return the chart of how many batches had which latency."""
    ordered = sorted(value * 1000 for value in tally.latencies)
    top = percentile(ordered, _SHOWN_PERCENT)
    width = max(top / _BINS, 0.01)
    counts = Counter(min(int(value / width), _BINS - 1) for value in ordered)
    chart = _chart(pygal.Histogram, "ms", "batches")
    chart.add("", [(counts[n], n * width, (n + 1) * width) for n in range(_BINS)])
    return draw(chart)


def arrival(plan: Plan, tally: Tally, proof: Proof) -> str:
    """Return the chart of accepted and arrived events, added up over time."""
    started = int(tally.started.timestamp() * _TENTHS)
    arrived = sorted(proof.witness.arrivals.items())
    totals = list(accumulate(count for _, count in arrived))
    moments = [max(0, tenth - started) / _TENTHS for tenth, _ in arrived]
    accepted = [(n + 1) * plan.batch_size for n in range(len(tally.answered))]
    chart = _chart(pygal.XY, "seconds", "events", show_legend=True)
    chart.add("accepted", _thinned(tally.answered, accepted))
    chart.add("row made", _thinned(moments, totals))
    chart.add("counted", [(poll.at, poll.count) for poll in proof.polls], stroke=False)
    return draw(chart)


def _chart(kind: type[pygal.Graph], x_title: str, y_title: str, **changes: object) -> pygal.Graph:
    return kind(
        **{**_LOOK, "show_legend": False, "x_title": x_title, "y_title": y_title, **changes}
    )


def _slices(tally: Tally) -> list[_Slice]:
    """Return the time until the last answer in equal parts, each with what was answered then."""
    wanted = len(tally.answered) // _BATCHES_IN_A_SLICE
    number = min(max(wanted, _FEWEST_SLICES), _MOST_SLICES)
    width = max(tally.last_answer / number, 0.001)
    ends = [bisect_right(tally.answered, (n + 1) * width) for n in range(number - 1)]
    bounds = [0, *ends, len(tally.answered)]
    return [
        _Slice((n + 0.5) * width, width, sorted(tally.latencies[bounds[n] : bounds[n + 1]]))
        for n in range(number)
    ]


def _thinned(moments: Sequence[float], totals: Sequence[int]) -> list[tuple[float, int]]:
    """Return at most so many points, the last one among them."""
    step = max(1, len(moments) // _POINTS)
    points = [(0.0, 0), *zip(moments[::step], totals[::step], strict=True)]
    return [*points, (moments[-1], totals[-1])] if moments else points
