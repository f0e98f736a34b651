"""The report: one HTML file that opens offline."""

from collections.abc import Iterable
from datetime import UTC
from html import escape
from pathlib import Path
from string import Template

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.proof import Proof
from analytics_commands.scale_test.proof.queryable import Listing
from analytics_commands.scale_test.report.charts import (
    arrival,
    latency_histogram,
    latency_over_time,
)
from analytics_commands.scale_test.report.figures import Figures
from analytics_commands.scale_test.report.texts import (
    describe,
    describe_load,
    name_findings,
    verdict,
)

_TEMPLATE = Path(__file__).with_name("report_page.html")


def draw_page(figures: Figures, plan: Plan, tally: Tally, proof: Proof) -> str:
    """Return the page."""
    named = name_findings(figures)
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        run=escape(figures.scale_test),
        batches=f"{figures.batches:,}",
        batch_size=f"{figures.batch_size:,}",
        load=escape(describe_load(figures)),
        gateway=escape(figures.gateway),
        started=f"{plan.started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        passed="" if figures.problems() else "passed",
        verdict=escape(verdict(figures)),
        named="".join(f"<p><code>{escape(line)}</code></p>" for line in named),
        tiles="".join(_tile(text, value) for text, value in _tiles(figures)),
        over_time=latency_over_time(tally),
        histogram=latency_histogram(tally),
        arrival=arrival(plan, tally, proof),
        figures=_table((each["figure"], each["value"]) for each in describe(figures)),
        rows_per_batch=_section(proof.rows_per_batch) if proof.rows_per_batch else "",
    )


def _tiles(figures: Figures) -> Iterable[tuple[str, str]]:
    latency = figures.latency_ms
    lag = figures.seconds_until_queryable
    yield f"of {figures.accepted_events:,} events exactly once", f"{figures.exactly_once:,}"
    yield "events a second", f"{figures.events_per_second:,.0f}"
    yield "batches a second", f"{figures.batches_per_second:,.1f}"
    yield "ms, median latency", f"{latency['p50']:,.4g}"
    yield "ms, 99th percentile", f"{latency['p99']:,.4g}"
    yield "until the last row", "not in time" if lag is None else f"{lag:.2f} s"


def _tile(text: str, value: str) -> str:
    return f'<div class="tile"><b>{escape(value)}</b><span>{escape(text)}</span></div>'


def _table(rows: Iterable[tuple[object, object]]) -> str:
    cells = (f"<tr><th>{escape(str(a))}</th><td>{escape(str(b))}</td></tr>" for a, b in rows)
    return f"<table>{''.join(cells)}</table>"


def _section(listing: Listing) -> str:
    """Return the section with a query and its result."""
    lines: list[Iterable[object]] = [row.values() for row in listing.rows]
    lines[:0] = [row.keys() for row in listing.rows[:1]]
    cells = ("".join(f"<td>{escape(str(value))}</td>" for value in line) for line in lines)
    table = "".join(f"<tr>{each}</tr>" for each in cells)
    return (
        "<section><h2>Rows of each batch, retries and redeliveries included</h2>"
        f"<pre>{escape(listing.sql)}</pre><table>{table}</table></section>"
    )
