"""Pure: a chart as one HTML page that needs nothing else: no script, no font, no network."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.query.charts.chart import Chart, Record
from analytics_commands.query.charts.chart_pictures import pictures

_FRAME = Path(__file__).parent / "chart_page.html"
CHART_STYLE = Path(__file__).parent / "chart.css"


def render_page(title: str, comment: str, records: Sequence[Record], chart: Chart | None) -> str:
    """Return the page: the pictures, then all rows as a table; without a chart, that nothing is."""
    body = "<p>no rows</p>" if chart is None else f"{pictures(chart)}{_all_rows(records)}"
    texts = {
        "style": CHART_STYLE.read_text(encoding="utf-8"),
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
