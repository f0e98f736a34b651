"""Pure: a chart as pictures in a page: no script, no font, no network, no style of their own.

Lines and bars are SVG; what is a heat map is a table, which a telephone can show. `chart.css`
gives them their looks, in the colours --ink, --line and --color-1 to --color-5 of the page.
"""

from html import escape
from math import ceil

import pygal
from pygal.style import Style

from analytics_commands.foundation.drawing import draw
from analytics_commands.query.charts.chart import Chart, Panel, shown

_MOST_BARS = 40
_LONGEST_LABEL = 22
_BAR, _AROUND_BARS = 30, 60  # pixels: a bar's height, and that of the axis
_HEATS = 10
_LOOK = {
    "style": Style(label_font_size=14, major_label_font_size=14, legend_font_size=14),  # chart.css
    "js": [],
    "width": 520,  # of the drawing's own pixels: a telephone has not many fewer
    "margin": 4,
    "margin_right": 44,  # half of the last label
    "max_scale": 6,
    "legend_at_bottom": True,
    "value_formatter": shown,
}


def pictures(chart: Chart) -> str:
    """Return HTML: a figure for each panel, or the table of a heat map."""
    if chart.heat:
        return _heat_map(chart)
    picture = _lines if chart.is_time else _bars
    return "".join(
        f"<figure><figcaption>{escape(panel.title)}</figcaption>{picture(chart, panel)}</figure>"
        for panel in chart.panels
    )


def _lines(chart: Chart, panel: Panel) -> str:
    drawn = pygal.Line(
        **_LOOK,
        height=260,
        range=(panel.lowest, panel.highest or 1),
        legend_at_bottom_columns=len(panel.series),
        truncate_legend=40 // len(panel.series),
        show_dots=len(chart.labels) < 2 * _BAR,
        dots_size=2.5,
        show_legend=set(panel.series) != {""},
        show_minor_x_labels=False,
        x_labels_major_count=min(len(chart.labels), 3),
        truncate_label=-1,
    )
    drawn.x_labels = chart.labels
    for name, values in panel.series.items():
        drawn.add(name, values)
    return _image(drawn, panel)


def _bars(chart: Chart, panel: Panel) -> str:
    (values,) = panel.series.values()
    count = min(len(values), _MOST_BARS)
    drawn = pygal.HorizontalBar(
        **_LOOK,
        height=count * _BAR + _AROUND_BARS,
        range=(panel.lowest, panel.highest or 1),
        show_legend=False,
        truncate_label=-1,
    )
    pairs = list(zip(chart.labels, values, strict=True))[:count][::-1]  # drawn from below
    drawn.x_labels = [f"{_shortened(label)}: {shown(value)}" for label, value in pairs]
    drawn.add(panel.title, [value for _, value in pairs])
    more = f"<p>the first {count} of {len(values):,} rows</p>" if count < len(values) else ""
    return _image(drawn, panel) + more


def _image(drawn: pygal.Graph, panel: Panel) -> str:
    """Return the picture, which a screen reader takes for one thing: the rows are beside it."""
    return f'<div role="img" aria-label="{escape(panel.title)}">{draw(drawn, bare=True)}</div>'


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _heat_map(chart: Chart) -> str:
    highest = max(panel.highest for panel in chart.panels if panel.title in chart.heat) or 1
    head = "".join(f'<th scope="col">{escape(panel.title)}</th>' for panel in chart.panels)
    rows = []
    for row, label in enumerate(chart.labels):
        cells = []
        for panel in chart.panels:
            value = panel.series[""][row]
            share = (value or 0) / highest if panel.title in chart.heat else 0
            heat = f' class="heat-{ceil(share * _HEATS)}"' if share > 0 else ""
            cells.append(f"<td{heat}>{shown(value)}</td>")
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>')
    table = f'<table class="heat"><tr><td></td>{head}</tr>{"".join(rows)}</table>'
    return f'<div class="wide" tabindex="0" role="region" aria-label="Heat map">{table}</div>'
