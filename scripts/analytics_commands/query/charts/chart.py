"""Pure: what there is to draw of rows, whoever draws it.

The first column says what a row is about, together with the columns of text after it. Each column
of numbers is a panel. Rows of a time are drawn from left to right, in their order; if there are
several of a time, the text tells them apart. Columns such as pct_1, pct_2, pct_3 are a heat map.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, takewhile
from math import isfinite
from typing import Any

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.output import visible

Record = Mapping[str, Any]
Number = float | None

_MOST_SERIES = 5  # of a panel: more cannot be told apart
_MOST_MOMENTS = 2_000  # with those between them in which nothing happened
_NUMBERED = re.compile(r"(.+)_\d+")
_LEAST_HEAT = 3  # columns of a heat map
_SCALE, _MOST_DIGITS = 1e3, 1e12


@dataclass(frozen=True)
class Panel:
    """A column of numbers: a value for each label, in one series or several, None for nothing."""

    title: str
    series: Mapping[str, Sequence[Number]]

    @property
    def highest(self) -> float:
        """The highest value, at least 0."""
        return max([0.0, *self._values()])

    @property
    def lowest(self) -> float:
        """The lowest value, at most 0."""
        return min([0.0, *self._values()])

    def _values(self) -> Iterator[float]:
        for values in self.series.values():
            yield from (value for value in values if value is not None)


@dataclass(frozen=True)
class Chart:
    """Panels over the same labels; `heat` names those that are columns of a heat map."""

    labels: Sequence[str]
    panels: Sequence[Panel]
    heat: frozenset[str]
    is_time: bool


def chart_of(records: Sequence[Record]) -> Chart:
    """Return what to draw of one row or more, all with the same columns; raises CommandFailed."""
    records = [{visible(name): value for name, value in row.items()} for row in records]
    first, *others = records[0]
    numbers = [name for name in others if _is_drawn(name, [record[name] for record in records])]
    if not numbers:
        raise CommandFailed("nothing to draw: a chart needs a first column, and one of numbers")
    texts = takewhile(lambda name: name not in numbers, others)
    names = [first, *(name for name in texts if not isinstance(records[0][name], date))]
    heat = _heat_columns(numbers)
    moments = [record[first] for record in records]
    labels = [_label(record[name] for name in names) for record in records]
    is_time = all(isinstance(each, date) for each in moments) and len(set(labels)) == len(labels)
    if heat or not is_time:
        panels = [Panel(each, {"": [_number(row[each]) for row in records]}) for each in numbers]
        return Chart(labels, panels, heat, is_time=False)
    grid = _grid(set(moments))
    values = {each: _by_series(records, names, each) for each in numbers}
    most = _largest(values[numbers[0]])
    panels = [
        Panel(
            each, {series: [values[each][series].get(moment) for moment in grid] for series in most}
        )
        for each in numbers
    ]
    return Chart([_label([moment]) for moment in grid], panels, heat, is_time=True)


def shown(value: Number) -> str:
    """Return a number for people: 1,234 or 12.5 or 1.5e+15; nothing for None."""
    if value is None:
        return ""
    if abs(value) >= _MOST_DIGITS:
        return f"{value:.4g}"
    if abs(value) >= _SCALE or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"


def _by_series(
    records: Sequence[Record], names: Sequence[str], number: str
) -> dict[str, dict[date, Number]]:
    """Return the value at each moment, by what the names after the first one say."""
    moment, *rest = names
    found: dict[str, dict[date, Number]] = {}
    for record in records:
        series = found.setdefault(_label(record[name] for name in rest), {})
        series[record[moment]] = _number(record[number])
    return found


def _largest(found: Mapping[str, Mapping[date, Number]]) -> list[str]:
    """Return the series that may be drawn, the largest first."""
    sums = {name: sum(value or 0 for value in values.values()) for name, values in found.items()}
    return sorted(sums, key=lambda name: -sums[name])[:_MOST_SERIES]


def _grid(moments: set[Any]) -> list[Any]:
    """Return the moments in order, and those between them at the smallest distance that occurs."""
    ordered = sorted(moments)
    step = min((b - a for a, b in pairwise(ordered)), default=timedelta(1))
    count = (ordered[-1] - ordered[0]) // step + 1
    regular = [ordered[0] + number * step for number in range(min(count, _MOST_MOMENTS))]
    return regular if moments <= set(regular) else ordered


def _heat_columns(numbers: Sequence[str]) -> frozenset[str]:
    stems = [match[1] for name in numbers if (match := _NUMBERED.fullmatch(name))]
    stem = max(stems, key=stems.count, default="")
    columns = [name for name in numbers if (m := _NUMBERED.fullmatch(name)) and m[1] == stem]
    return frozenset(columns if len(columns) >= _LEAST_HEAT else ())


def _is_drawn(name: str, values: Sequence[object]) -> bool:
    """Return whether a column is drawn; a numbered one keeps its place while it has no values."""
    is_empty = all(value is None for value in values)
    return _is_number(values) or (is_empty and bool(_NUMBERED.fullmatch(name)))


def _is_number(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


def _number(value: float | Decimal | None) -> Number:
    return float(value) if value is not None and isfinite(value) else None


def _label(values: Iterable[object]) -> str:
    return visible(" ".join(_as_text(value) for value in values))


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "-" if value is None else str(value)
