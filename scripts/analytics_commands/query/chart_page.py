"""Pure: a chart as one HTML page that needs nothing else: no script, no font, no network.

Lines and bars are SVG; what is a heat map is a table, which a telephone can show.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import pygal
from pygal.style import Style

from analytics_commands.foundation.drawing import draw
from analytics_commands.foundation.terminal.output import visible
from analytics_commands.query.chart import Chart, Panel, Record, shown

_FRAME = Path(__file__).parent / "chart_page.html"
_MOST_BARS = 40
_LONGEST_LABEL = 22
_BAR, _AROUND_BARS = 30, 60  # pixels: a bar's height, and that of the axis
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--line)",
    colors=tuple(f"var(--color-{number})" for number in range(1, 6)),
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    opacity=".9",
    stroke_width="2",
    font_family="system-ui, sans-serif",
    label_font_size=14,
    major_label_font_size=14,
    legend_font_size=14,
)
_LOOK = {
    "style": _STYLE,
    "js": [],
    "width": 520,  # of the drawing's own pixels: a telephone has not many fewer
    "margin": 4,
    "margin_right": 44,  # half of the last label
    "max_scale": 6,
    "legend_at_bottom": True,
    "value_formatter": shown,
}


def render_page(title: str, comment: str, records: Sequence[Record], chart: Chart | None) -> str:
    """Return the page: the pictures, then all rows as a table; without a chart, that nothing is."""
    body = "<p>no rows</p>" if chart is None else f"{_pictures(chart)}{_all_rows(records)}"
    texts = {
        "title": escape(visible(title)),
        "comment": escape(visible_lines(comment)),
        "body": body,
    }
    page = _FRAME.read_text(encoding="utf-8")
    for name, text in texts.items():
        page = page.replace(f"<!-- {name} -->", text)
    return page


def visible_lines(text: str) -> str:
    """Return lines as they may be printed."""
    return "\n".join(map(visible, text.strip().splitlines()))


def _pictures(chart: Chart) -> str:
    if chart.heat:
        return _heat_map(chart)
    draw = _lines if chart.is_time else _bars
    return "".join(
        f"<figure><figcaption>{escape(panel.title)}</figcaption>{draw(chart, panel)}</figure>"
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
    return draw(drawn)


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
    return draw(drawn) + more


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _heat_map(chart: Chart) -> str:
    highest = max(panel.highest for panel in chart.panels if panel.title in chart.heat) or 1
    head = "".join(f"<th>{escape(panel.title)}</th>" for panel in chart.panels)
    rows = []
    for row, label in enumerate(chart.labels):
        cells = []
        for panel in chart.panels:
            value = panel.series[""][row]
            heat = (value or 0) / highest if panel.title in chart.heat else 0
            style = f' style="--heat:{max(heat, 0):.0%}"' if heat else ""
            cells.append(f"<td{style}>{shown(value)}</td>")
        rows.append(f"<tr><th>{escape(label)}</th>{''.join(cells)}</tr>")
    table = f'<table class="heat"><tr><th></th>{head}</tr>{"".join(rows)}</table>'
    return f'<div class="wide">{table}</div>'


def _all_rows(records: Sequence[Record]) -> str:
    head = "".join(f"<th>{_cell(name)}</th>" for name in records[0])
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in record.values())}</tr>"
        for record in records
    )
    summary = f"<summary>{len(records):,} rows</summary>"
    table = f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
    return f"<details>{summary}{table}</details>"


def _cell(value: object) -> str:
    return "" if value is None else escape(visible(str(value)))
