"""Charts of rows: what is drawn, as a web page and in a terminal."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.query.charts.chart import chart_of, shown
from analytics_commands.query.charts.chart_page import render_page
from analytics_commands.query.charts.chart_text import WIDTH, draw

FIRST = date(2026, 5, 1)
EVIL = "<script>alert(1)</script>\x1b[31m&"


def days(*values, **series):
    """Return a row for each value, a day after the other; None leaves the day out."""
    return [
        {"day": FIRST + timedelta(days=number), **series, "players": value}
        for number, value in enumerate(values)
        if value is not None
    ]


TYPES = [
    {"event_class": None, "event_type": "start", "events": 10, "percent": 66.7},
    {"event_class": "a", "event_type": EVIL, "events": 5, "percent": 33.3},
]
COHORTS = [
    {"first_day": FIRST, "players": 4, "pct_1": 50.0, "pct_2": 0.0, "pct_3": None},
    {"first_day": FIRST - timedelta(1), "players": 8, "pct_1": 100.0, "pct_2": 25.0, "pct_3": 1.0},
]
SHAPES = {
    "bars": TYPES,
    "lines": days(1, 2, 3),
    "heat": COHORTS,
    "zero": days(0, 0),
    "negative": [{"when": "soon", "seconds": -61}, {"when": "late", "seconds": 5}],
    "one": days(1),
    "large": days(999_999_999_999, 10**30, -(10**11)),
    "long name": [{"a": "x", "n" * 99: 1}],
    "many bars": [{"name": f"{n} {'n' * 60}", "n": n} for n in range(100)],
    "many days": days(*range(3000)),
    "many series": [row for n in range(9) for row in days(n, n, build=f"{n}" * 40)],
    "wide": [{"name": "漢字" * 30, "n": 10**15}],
    "wide heat": [{"name": "x" * 50, **{f"pct_{n}": 10**9 * n for n in range(30)}}],
}


class TestChart:
    def test_days(self):
        """Days are in their order, and one without a row has nothing."""
        chart = chart_of(days(1, None, 3, 4)[::-1])

        assert chart.is_time
        assert [f"2026-05-0{number}" for number in (1, 2, 3, 4)] == chart.labels
        assert {"": [1, None, 3, 4]} == chart.panels[0].series

    def test_moments_without_a_distance(self):
        """Moments that no grid fits are drawn as they are."""
        start = datetime(2026, 5, 1, tzinfo=UTC)
        seconds = [0, 2, 5]
        chart = chart_of([{"at": start + timedelta(seconds=n), "n": n} for n in seconds])

        assert {"": seconds} == chart.panels[0].series

    def test_far_moments(self):
        """A moment far away from all others does not fill the memory."""
        moments = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]
        moments.append(moments[0] + timedelta(microseconds=1))

        assert 3 == len(chart_of([{"at": moment, "n": 1} for moment in moments]).labels)

    def test_series(self):
        """Text beside the day tells series apart: the largest, in one order for all panels."""
        rows = [
            {"day": FIRST, "build": build, "players": players, "percent": -players}
            for build, players in (("a", 1), ("b", 3), ("c", 2), ("d", 0), ("e", 0), (None, 9))
        ]
        chart = chart_of(rows)

        assert [["-", "b", "c", "a", "d"]] * 2 == [list(each.series) for each in chart.panels]
        assert [9] == chart.panels[0].series["-"]

    def test_days_that_are_not_told_apart(self):
        """Several rows of a day are bars: none of them hides another."""
        chart = chart_of(days(1) + days(2))

        assert not chart.is_time
        assert {"": [1, 2]} == chart.panels[0].series

    def test_labels(self):
        """Columns before the first number say what a bar is about, but for times."""
        row = {"step": 1, "type": "start", "since": FIRST, "players": 3, "comment": "c", "x": 1}

        assert ["1 start"] == chart_of([row]).labels
        assert ["players", "x"] == [panel.title for panel in chart_of([row]).panels]

    def test_heat(self):
        """Columns of one name that are numbered are a heat map; others are not part of it."""
        assert {"pct_1", "pct_2", "pct_3"} == chart_of(COHORTS).heat
        assert frozenset() == chart_of([{"a": "x", "p_1": 1, "p_2": 1, "q_3": 1}]).heat
        assert 2 == len(chart_of([{"a": "x", "p_1": None, "p_2": None}]).panels)
        assert 3 == len(chart_of([{"a": "x", "p_1": 1, "p_2": None, "p_3": None}]).heat)

    @pytest.mark.parametrize("value", [1, 1.5, Decimal("1.50")])
    def test_numbers(self, value):
        """Numbers are of any type of BigQuery's; NULL and what is no finite number is nothing."""
        rows = [{"k": "a", "n": each} for each in (value, None, float("nan"), float("inf"))]

        assert {"": [float(value), None, None, None]} == chart_of(rows).panels[0].series

    @pytest.mark.parametrize(
        "row", [{"n": 1}, {"a": "x", "b": "y"}, {"a": "x", "b": True}, {"a": "x", "b": None}]
    )
    def test_nothing_to_draw(self, row):
        """Rows without a number beside the first column are refused in words."""
        with pytest.raises(CommandFailed, match="nothing to draw"):
            chart_of([row])

    @pytest.mark.parametrize(
        ("value", "text"),
        [(None, ""), (0, "0"), (1234567, "1,234,567"), (12.345, "12.3"), (0.01234, "0.0123")],
    )
    def test_shown(self, value, text):
        """Numbers are short, whole ones exact."""
        assert text == shown(value)


class TestTerminal:
    def test_lines(self):
        """Time goes to the right, from 0 up to the highest, with the last value beside it."""
        assert [
            "2026-05-01 to 2026-05-05",
            "players ▁▄ █▂ 1 (at most 8)",
        ] == list(draw(chart_of(days(0, 3, None, 8, 1)), "utf-8"))

    def test_bars(self):
        """A bar's length is its value's; what a terminal would obey is escaped."""
        title, first, second = draw(chart_of(TYPES), "utf-8")

        assert "events" == title
        assert ("- start", 2) == (first[:7], first.count("█") / second.count("█"))
        assert "\x1b" not in second
        assert second.endswith(" 5")

    def test_heat(self):
        """A row for each first day: its size, and a shade beside each share."""
        assert [
            "           players   pct_1   pct_2   pct_3",
            "2026-05-01       4 ▒    50       0",
            "2026-04-30       8 █   100 ░    25       1",
        ] == list(draw(chart_of(COHORTS), "utf-8"))

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no such encoding"])
    def test_encodings(self, encoding):
        """A terminal that has no blocks gets characters that it has."""
        for rows in (days(1, 2), COHORTS, TYPES[:1]):
            assert "".join(draw(chart_of(rows), encoding)).isascii()

    @pytest.mark.parametrize("name", SHAPES)
    def test_width(self, name):
        """No line is wider than the terminal, and none ends with spaces."""
        for line in draw(chart_of(SHAPES[name]), "utf-8"):
            assert WIDTH >= cell_len(line)
            assert line == line.rstrip()


class Reader(HTMLParser):
    """Reads which elements a page has, and which addresses they name."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [text for name, text in attrs if name in {"src", "href", "xlink:href"}]


class TestPage:
    @pytest.mark.parametrize("name", SHAPES)
    def test_alone(self, name):
        """A page needs no script and nothing from elsewhere; its pictures are well-formed."""
        rows = SHAPES[name]
        page = render_page("t", "c", rows, chart_of(rows))
        read = Reader(page)

        assert ([], 0) == (read.addresses, read.tags.count("script"))
        assert "@import" not in page
        assert "url(http" not in page
        pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        assert ("heat" not in name) == bool(pictures)
        for picture in pictures:
            ET.fromstring(picture)

    def test_texts_of_clients(self):
        """What clients wrote stays text, wherever it stands."""
        rows = [{"event": EVIL, EVIL: 1}]
        page = render_page(EVIL, EVIL, rows, chart_of(rows))

        assert "script" not in Reader(page).tags
        assert "\x1b" not in page
        assert page.count("&lt;script&gt;") >= 6

    def test_what_is_drawn(self):
        """A picture for each column of numbers, names of series, and all rows as a table."""
        rows = days(1, 2, build="1.10") + days(3, 4, build="1.9")
        page = render_page("t", "c", rows, chart_of(rows))

        assert 1 == Reader(page).tags.count("svg")
        assert all(f">{build}<" in page for build in ("1.10", "1.9"))
        assert all(f"<td>{value}</td>" in page for value in (1, 2, 3, 4))

    def test_heat(self):
        """Cells are as strong as their values; a share that is not known has none."""
        page = render_page("t", "c", COHORTS, chart_of(COHORTS))

        assert ["5", "10", "3", "1"] == re.findall(r'<td class="heat-(\d+)">', page)

    def test_more_than_fit(self):
        """Where not all rows are drawn, the page says so."""
        rows = SHAPES["many bars"]

        assert "the first 40 of 100 rows" in render_page("t", "c", rows, chart_of(rows))

    def test_nothing(self):
        """A page without rows says that there are none."""
        assert "no rows" in render_page("t", "c", [], None)
