"""The report: one HTML file that opens offline."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from html import escape
from pathlib import Path
from string import Template

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof
from analytics_commands.scale_test.proof.queryable import Listing
from analytics_commands.scale_test.report import charts
from analytics_commands.scale_test.report.comparison import Change, compare
from analytics_commands.scale_test.report.figures import Figures
from analytics_commands.scale_test.report.report_data import ReportData, known_values
from analytics_commands.scale_test.report.sending_machine import describe_machine
from analytics_commands.scale_test.report.texts import (
    Shown,
    describe_load,
    list_figures,
    name_findings,
    verdict,
)

_TEMPLATE = Path(__file__).with_name("report_page.html")
_IN_TILES = {
    "exactly_once": "events exactly once",
    "events_per_second": "events a second",
    "batches_per_second": "batches a second",
    "latency_ms_p50": "ms latency, p50",
    "latency_ms_p95": "ms latency, p95",
    "latency_ms_p99": "ms latency, p99",
    "seconds_until_queryable": "seconds until the last row",
}
_PERCENTILES = (50, 95, 99)


def draw_page(
    figures: Figures,
    plan: Plan,
    tally: Tally,
    proof: Proof | None,
    earlier: ReportData | None = None,
) -> str:
    """Return the page; of a run that ended early, without what only a proof tells."""
    shown = list_figures(figures)
    started = f"{plan.started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    load, machine = describe_load(figures.load), describe_machine()
    data = ReportData(plan.run, started, load, machine, known_values(shown))
    changes = [] if earlier is None else list(compare(figures, earlier))
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        run=escape(plan.run),
        load=escape(load),
        gateway=escape(figures.load.gateway),
        started=started,
        machine=escape(machine),
        outcome=_outcome(figures),
        verdict=escape(verdict(figures)),
        named="".join(f"<p><code>{escape(line)}</code></p>" for line in name_findings(figures)),
        tiles=_tiles(shown, changes),
        charts=_charts(plan, tally, proof) if tally.latencies else "",
        comparison="" if earlier is None else _comparison(earlier, changes),
        figures="".join(_row(each.title, each.text, note=each.note) for each in shown),
        rows_per_batch=_listing(proof.rows_per_batch) if proof and proof.rows_per_batch else "",
        data=data.as_element(),
    )


def _outcome(figures: Figures) -> str:
    if figures.proof is None:
        return "unproven"
    return "failed" if figures.problems() else "passed"


def _tiles(shown: Iterable[Shown], changes: Iterable[Change]) -> str:
    percents = {each.now.name: each.percent for each in changes}
    return "".join(
        f'<div class="tile"><b>{each.text}</b><span>{_IN_TILES[each.name]}</span>'
        f"<i>{percents.get(each.name, '')}</i></div>"
        for each in shown
        if each.name in _IN_TILES
    )


def _charts(plan: Plan, tally: Tally, proof: Proof | None) -> str:
    """Return the charts, each with its title and a sentence about it."""
    paused = "Batches acknowledged a second; a pause is a zero."
    drawn = [_figure("Throughput over time", paused, charts.throughput_over_time(tally))]
    late = "Of the batches answered at that time, from when they were due; retries included."
    drawn += [
        _figure(f"Latency over time, p{percent}", late, charts.latency_over_time(tally, percent))
        for percent in _PERCENTILES
    ]
    last = "The last bar holds all above."
    drawn.append(_figure("Batches by latency", last, charts.latency_histogram(tally)))
    if proof is not None:
        added = (
            "Events, added up: accepted; made a row, by the loader's clock (not loaded: received);"
            " counted by SQL after the last answer."
        )
        drawn.append(_figure("Arrival in BigQuery", added, charts.arrival(plan, tally, proof)))
    return "".join(drawn)


def _figure(title: str, text: str, chart: str) -> str:
    return f"<section><h2>{title}</h2><p>{escape(text)}</p>{chart}</section>"


def _comparison(earlier: ReportData, changes: Iterable[Change]) -> str:
    rows = (_row(c.now.title, c.now.text, c.before.text, c.percent) for c in changes)
    whose = f"{earlier.run} · {earlier.started} · {earlier.load} · {earlier.machine}"
    return (
        f"<section><h2>Compared with an earlier run</h2><p>{escape(whose)}</p><table>"
        f"{_row('', 'now', 'before', 'change')}{''.join(rows)}</table></section>"
    )


def _row(title: str, *numbers: str, note: str = "") -> str:
    cells = "".join(f'<td class="number">{escape(each)}</td>' for each in numbers)
    return f"<tr><th>{escape(title)}</th>{cells}<td>{escape(note)}</td></tr>"


def _listing(listing: Listing) -> str:
    """Return the section with a query and its result."""
    lines: list[Sequence[object]] = [list(row.values()) for row in listing.rows]
    lines[:0] = [list(row) for row in listing.rows[:1]]
    rows = (_row("", *(str(value) for value in line)) for line in lines)
    return (
        "<section><h2>Rows of each batch, retries and redeliveries included</h2>"
        f"<pre>{escape(listing.sql)}</pre><table>{''.join(rows)}</table></section>"
    )
