"""The report of a scale test: one HTML file."""

import json
import re
from math import inf
from xml.etree import ElementTree as ET

import pytest
from scale_builder import make_plan, make_proof, make_rows, make_tally

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.report.figures import compute_figures
from analytics_commands.scale_test.report.report_data import ReportData, read_report
from analytics_commands.scale_test.report.report_page import draw_page

PLAN = make_plan()
EARLIER = ReportData(
    "earlier <run>", "2026-06-30 12:00:00 UTC", "9 batches", "1 core", {"accepted_events": 30.0}
)
SOUND = {"run": "r", "started": "s", "load": "l", "machine": "m", "values": {"lost": 0.0}}


def page_of(earlier=None, **proof):
    """Return the report of a run in which all went well but for what is said."""
    tally = make_tally(PLAN)
    proof = make_proof(PLAN, tally, **proof)
    figures = compute_figures(PLAN, Load(30), tally, proof, gateway="https://<gateway>")
    return draw_page(figures, PLAN, tally, proof, earlier)


def interrupted_page(tally):
    """Return the report of an interrupted run."""
    figures = compute_figures(PLAN, Load(30), tally, None, gateway="https://gateway")
    return draw_page(figures, PLAN, tally, None)


def titles(page):
    """Return the titles of the sections."""
    return re.findall(r"<h2>(.*?)</h2>", page)


class TestPage:
    def test_nothing_from_elsewhere(self):
        """The page runs no script, and fetches nothing."""
        page = page_of(EARLIER)

        assert not re.search(
            r"<script(?! type=.application/json)|<link|<img|@import|url\(|src=|href=", page
        )
        addresses = set(re.findall(r"https?://[\w.]*", page))
        assert {"http://www.w3.org", "https://"} == addresses

    def test_charts(self):
        """Each chart is well-formed, and takes its colours from the page's light or dark."""
        page = page_of()
        charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)

        assert [
            "Throughput over time",
            *(f"Latency over time, p{percent}" for percent in (50, 95, 99)),
            "Batches by latency",
            "Arrival in BigQuery",
        ] == titles(page)[:6]
        assert 6 == len(charts)
        for chart in charts:
            assert ET.fromstring(chart).findall(".//{*}path") or "rect" in chart
        colours = set(re.findall(r"(?:fill|stroke): *(#\w+|var\(--\w+\))", "".join(charts)))
        assert {"var(--first)", "var(--ink)", "var(--soft)"} <= colours
        assert not any(colour.startswith("#") for colour in colours)
        assert "prefers-color-scheme: dark" in page

    def test_hover(self):
        """A point tells its value to whoever points at it, without a script."""
        assert "<title>" in page_of().partition("<svg")[2]

    def test_percentiles(self):
        """The 50th, 95th and 99th percentile are figures of their own at the top."""
        tiles = re.findall(r'"tile"><b>(.*?)</b><span>(.*?)</span>', page_of())

        assert [
            ("300.0", "ms latency, p50"),
            ("500.0", "ms latency, p95"),
            ("500.0", "ms latency, p99"),
        ] == [tile for tile in tiles if "latency" in tile[1]]

    def test_machine(self):
        """It says what the load was sent from."""
        sent_from = re.search(r"Sent from: (.*?)</p>", page_of())[1]

        assert re.search(r"\d+ cores \(.*Python 3\.\d+\.\d+", sent_from)

    def test_verdict(self):
        """It says at the top whether the test passed, and which events are wrong."""
        failed = page_of(rows=make_rows(PLAN)[1:])

        assert 'verdict passed"><strong>PASSED' in page_of()
        assert 'verdict failed"><strong>FAILED: 1 event lost' in failed
        assert f"lost {PLAN.run}/0/0 (stored, but no row)" in failed

    def test_markup_in_values(self):
        """Values are shown as text."""
        page = page_of()

        assert "https://&lt;gateway&gt;" in page
        assert "SELECT 1 &lt; 2" in page

    def test_nothing_arrived(self):
        """A run of which no event arrived has a report, too."""
        assert "FAILED: 15 events lost" in page_of(rows=[], objects=[])

    @pytest.mark.parametrize("answered", [0, 3])
    def test_interrupted(self, answered):
        """The report of an interrupted run shows what was measured, and calls nothing lost."""
        tally = Tally(5, PLAN.started)
        tally.begun = 4
        for batch in range(answered):
            tally.acknowledge(batch, b"b" * 16, latency=0.1, at=1.0 + batch)

        page = interrupted_page(tally)

        assert f'verdict unproven"><strong>NOT PROVEN: {answered} of 5 batches' in page
        assert (answered > 0) == ("Throughput over time" in titles(page))
        assert "Arrival in BigQuery" not in titles(page)
        assert "lost" not in page


class TestComparison:
    def test_shown(self):
        """Figures stand beside those of the earlier run, which is named."""
        page = page_of(EARLIER)

        assert "earlier &lt;run&gt; · 2026-06-30 12:00:00 UTC · 9 batches · 1 core" in page
        numbers = "".join(f'<td class="number">{text}</td>' for text in ("15", "30", "-50.0 %"))
        assert f"<th>events accepted</th>{numbers}" in page

    def test_what_one_report_holds_another_reads(self, tmp_path):
        """A report can be compared with, whatever its texts are."""
        report = tmp_path / "report.html"
        report.write_text(page_of())
        hostile = ReportData("</script><b>", "é", "l", "m", {"lost": 1.0})

        data = read_report(report)

        assert (PLAN.run, 15.0, 300.0) == (
            data.run,
            data.values["accepted_events"],
            data.values["latency_ms_p50"],
        )
        report.write_text(f"<html>{hostile.as_element()}</html>")
        assert hostile == read_report(report)

    @pytest.mark.parametrize(
        "document",
        [
            None,
            [],
            "text",
            7,
            {},
            {**SOUND, "run": None},
            {**SOUND, "more": 1},
            {**SOUND, "values": [1.0]},
            {**SOUND, "values": {"lost": "1"}},
            {**SOUND, "values": {"lost": True}},
            {**SOUND, "values": {"lost": inf}},
            {**SOUND, "values": {"lost": 10**400}},
            {**SOUND, "values": {"lost": [[]]}},
        ],
        ids=lambda document: json.dumps(document)[-40:],
    )
    def test_no_report(self, tmp_path, document):
        """What holds no figures is refused in a sentence."""
        report = tmp_path / "report.html"
        sound = ReportData(**SOUND).as_element()
        report.write_text(sound.replace(json.dumps(SOUND), json.dumps(document)))

        with pytest.raises(CommandFailed, match="is no report of a scale test"):
            read_report(report)

    @pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b'id="figures">{</script>'])
    def test_other_files(self, tmp_path, content):
        """Any other file is refused in the same words."""
        report = tmp_path / "report.html"
        report.write_bytes(content)

        with pytest.raises(CommandFailed, match="is no report of a scale test"):
            read_report(report)

    def test_depth(self, tmp_path):
        """JSON that is too deep for Python is no report either."""
        report = tmp_path / "report.html"
        element = ReportData(**SOUND).as_element()
        report.write_text(element.replace(json.dumps(SOUND), "[" * 100_000))

        with pytest.raises(CommandFailed, match="is no report of a scale test"):
            read_report(report)
