"""Pure: an answer of BigQuery, as cells of a table, as records, and as pictures."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from analytics_commands.foundation.terminal.cells import as_text, visible
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.query.charts.chart import Chart, Panel, chart_of
from analytics_commands.query.charts.chart_pictures import pictures
from analytics_console.bounded_queries import Answer

_LONGEST = 500  # characters of a cell
_TYPED: Mapping[str, Callable[[str], Any]] = {
    "DATE": date.fromisoformat,
    "DATETIME": datetime.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "NUMERIC": Decimal,
    "BIGNUMERIC": Decimal,
}
_NUMBERS = {"INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC"}


@dataclass(frozen=True)
class Cell:
    """A value as it may be shown: `length` in characters, where it is cut; None is NULL."""

    text: str | None
    is_number: bool
    length: int = 0


@dataclass(frozen=True)
class Answered:
    """An answer, what there is to draw of it (None: nothing), and the ways to show it."""

    answer: Answer
    chart: Chart | None

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row."""
        numbers = [kind in _NUMBERS for _, kind in self.answer.columns]
        for row in self.answer.rows:
            yield [
                _cell(value, *about) for value, *about in zip(row.values(), numbers, strict=True)
            ]

    def headings(self) -> Iterator[Cell]:
        """Yield the columns' names."""
        for name, kind in self.answer.columns:
            yield Cell(visible(name), kind in _NUMBERS)

    def picture(self, panels: Collection[str] = ()) -> Markup:
        """Return HTML: all panels, or those that are named; nothing where nothing can be drawn.

        Lines that are named are drawn together.
        """
        if self.chart is None:
            return Markup()
        chosen = [each for each in self.chart.panels if not panels or each.title in panels]
        if panels and self.chart.is_time and all(set(each.series) == {""} for each in chosen):
            lines = {each.title: each.series[""] for each in chosen}
            chosen = [Panel(", ".join(lines), lines)]
        drawn = pictures(replace(self.chart, panels=chosen))
        return Markup(drawn)  # noqa: S704 - texts are escaped where they are drawn


def answered(answer: Answer) -> Answered:
    """Return an answer as it may be shown."""
    try:
        return Answered(answer, chart_of(records_of(answer)) if answer.rows else None)
    except CommandFailed:  # nothing to draw
        return Answered(answer, None)


def records_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the rows with values of Python's types, as Google's client has them."""
    readers = {name: _TYPED.get(kind) for name, kind in answer.columns}
    return [
        {name: _typed(value, readers[name]) for name, value in row.items()} for row in answer.rows
    ]


def _cell(value: object, is_number: bool) -> Cell:  # noqa: FBT001 - a column's
    if value is None:
        return Cell(None, is_number)
    text = str(value).lower() if isinstance(value, bool) else as_text(value)
    if len(text) <= _LONGEST:
        return Cell(visible(text), is_number)
    return Cell(f"{visible(text[:_LONGEST])}…", is_number, len(text))


def _typed(value: object, reader: Callable[[str], Any] | None) -> object:
    """Return the value; what Python has no value for, such as a time of the year 10,000, as is."""
    if reader is None or not isinstance(value, str):
        return value
    try:
        return reader(value)
    except (ValueError, ArithmeticError):
        return value
