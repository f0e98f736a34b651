"""Pages that are written from data say what the data says."""

import html
import json
import re
from datetime import date

from analytics_pipeline.schemas import SCHEMAS
from generate import data_dictionary, local_cloud_page, performance_page, picture


class LongAgo(date):
    """A calendar of another day."""

    @classmethod
    def today(cls):
        return cls(2001, 2, 3)


def test_data_dictionary():
    """docs/data-dictionary.md has every column as the schemas describe it.

    `python scripts/generate/data_dictionary.py` mends it.
    """
    page = data_dictionary.PAGE.read_text(encoding="utf-8")

    assert page == data_dictionary.fill(page)
    assert all(f"<!-- table: {name} -->" in page for name in data_dictionary.TABLES)


def test_receipts_are_explained():
    """The page names every column of the view, and every event that it can hold."""
    page = data_dictionary.PAGE.read_text(encoding="utf-8")
    columns = re.findall(r" AS (\w+),?$", (SCHEMAS / "receipts.sql").read_text(), re.MULTILINE)
    events = json.loads((SCHEMAS / "receipt_events.json").read_text())

    assert 11 == len(columns)
    assert [] == [name for name in (*columns, *events) if f"`{name}`" not in page]


def test_picture():
    """The README's picture shows every command that it is made of, and fetches nothing."""
    drawn = html.unescape(picture.PICTURE.read_text(encoding="utf-8")).replace("\xa0", " ")

    assert all(line in drawn for command in picture.COMMANDS for line in command.splitlines())
    assert "url(http" not in drawn
    assert "@font-face" not in drawn


def test_performance():
    """docs/performance.md and its plot say what the price list says.

    `python scripts/generate/performance_page.py` mends them.
    """
    page = performance_page.PAGE.read_text(encoding="utf-8")

    assert page == performance_page.fill(page)
    assert performance_page.PLOT.read_text(encoding="utf-8") == performance_page.plot()


def test_drawn_on_another_day(monkeypatch):
    """A plot has no date in it."""
    drawn = performance_page.plot()
    monkeypatch.setattr("pygal.svg.date", LongAgo)

    assert drawn == performance_page.plot()


def test_local_cloud():
    """docs/local-cloud.md says what requests are checked against, and which functions are known.

    `python scripts/generate/local_cloud_page.py` mends it.
    """
    page = local_cloud_page.PAGE.read_text(encoding="utf-8")

    assert page == local_cloud_page.fill(page)
    assert "HLL_COUNT" in page
