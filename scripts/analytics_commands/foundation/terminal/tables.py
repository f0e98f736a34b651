"""Pure: records as lines that fit a width: a table, or else a block for each of them.

Text is broken between words only: a number, an id, a date or a URI stands in one piece, and
nothing is cut. What is too wide for a table stands below each other, name by name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from analytics_commands.foundation.terminal.cells import as_cell, is_number

_GAP = "  "
_READABLE = 24  # characters: text is not broken into lines that are shorter


@dataclass(frozen=True, slots=True)
class _Column:
    """A name and what stands below it, in characters of a terminal.

    `width` is what its cells take, `narrow` what they can be broken into; it `is_blank` where all
    of them are 0 or empty.
    """

    name: str
    cells: tuple[str, ...]
    is_number: bool
    is_blank: bool
    width: int
    narrow: int


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns side by side, and how wide each of them is; `heading` stands above its rows."""

    columns: Sequence[_Column]
    widths: Sequence[int]
    heading: _Column | None

    def lines(self) -> Iterator[str]:
        """Yield the names, a rule, and the rows."""
        names = [_fold(col.name, width) for col, width in self._sized()]
        height = max(map(len, names))
        yield from self._side_by_side([[""] * (height - len(each)) + each for each in names])
        yield _GAP.join("-" * width for width in self.widths)
        above = None
        for index in range(len(self.columns[0].cells)):
            if self.heading is not None and self.heading.cells[index] != above:
                if above is not None:
                    yield ""
                above = self.heading.cells[index]
                yield f"{self.heading.name}: {above}"
            yield from self._side_by_side(
                [_break(col.cells[index], width) for col, width in self._sized()]
            )

    def _side_by_side(self, cells: Sequence[Sequence[str]]) -> Iterator[str]:
        for index in range(max(map(len, cells))):
            texts = [cell[index] if index < len(cell) else "" for cell in cells]
            padded = [
                _pad(text, width, right=col.is_number)
                for text, (col, width) in zip(texts, self._sized(), strict=True)
            ]
            yield _GAP.join(padded).rstrip()

    def _sized(self) -> Iterator[tuple[_Column, int]]:
        return zip(self.columns, self.widths, strict=True)


def lay_out(
    records: Sequence[Mapping[str, Any]],
    width: int,
    *,
    optional: Collection[str] = (),
    heading: str = "",
    encoding: str = "utf-8",
) -> Iterator[str]:
    """Yield the lines of records, at least one, that have the same columns.

    Where a table is wider than `width` characters, those of the columns `optional` that are 0 or
    empty throughout are told in one line; then names are broken at their underscores; then the
    column `heading` is told above the rows that share it. `encoding` is that of where lines go.
    """
    columns = [
        _column(_encode(name, encoding), [each.get(name) for each in records], encoding)
        for name in records[0]
    ]
    table = _fit(columns, width, fold=False)
    left_out = []
    if table is None:
        blank = [col for col in columns if col.is_blank and col.name in optional]
        left_out = [col.name for col in blank]
        columns = [col for col in columns if col not in blank]
        table = _find_table(columns, width, heading)
    yield from table.lines() if table is not None else _blocks(columns, width)
    if left_out:
        yield f"0 or empty throughout: {', '.join(left_out)}"


def _column(name: str, values: Sequence[object], encoding: str) -> _Column:
    cells = tuple(_encode(as_cell(value), encoding) for value in values)
    known = [value for value in values if value is not None]
    width = max(map(_width, cells))
    words = max(_width(word) for cell in cells for word in cell.split(" "))
    return _Column(
        name=name,
        cells=cells,
        is_number=bool(known) and all(map(is_number, known)),
        is_blank=not any(known),
        width=width,
        narrow=max(words, min(width, _READABLE)),
    )


def _find_table(columns: Sequence[_Column], width: int, heading: str) -> _Table | None:
    """Return the first table that fits, None for none: rows are whole if they can be."""
    beside = [col for col in columns if col.name != heading]
    above = next((col for col in columns if col.name == heading), None)
    tables = [_fit(columns, width, fold=fold) for fold in (False, True)]
    if above is not None and beside:
        tables += [_fit(beside, width, fold=fold, heading=above) for fold in (False, True)]
    return next((table for table in tables if table is not None), None)


def _fit(
    columns: Sequence[_Column], width: int, *, fold: bool, heading: _Column | None = None
) -> _Table | None:
    """Return the table that takes at most `width`, where that can be; `fold`: names are broken."""
    names = [max(map(_width, _parts(col.name) if fold else [col.name])) for col in columns]
    least = [max(name, col.narrow) for name, col in zip(names, columns, strict=True)]
    room = width - len(_GAP) * (len(columns) - 1)
    if sum(least) > room:
        return None
    widths = [max(name, min(col.width, room)) for name, col in zip(names, columns, strict=True)]
    while sum(widths) > room:  # the longest text gives way
        _, longest = max((widths[i], i) for i in range(len(widths)) if widths[i] > least[i])
        widths[longest] -= 1
    for i, col in enumerate(columns):  # a name is broken only where it has to be
        if sum(widths) - widths[i] + _width(col.name) <= room:
            widths[i] = max(widths[i], _width(col.name))
    return _Table(columns, widths, heading)


def _blocks(columns: Sequence[_Column], width: int) -> Iterator[str]:
    """Yield a block for each record: a line for each column, or more for what has many words."""
    indent = max(_width(col.name) for col in columns) + len(_GAP)
    room = max(width - indent, _READABLE)
    for index in range(len(columns[0].cells)):
        if index:
            yield ""
        for col in columns:
            first, *others = _break(col.cells[index], room)
            yield (_pad(col.name, indent) + first).rstrip()
            yield from (" " * indent + other for other in others)


def _break(text: str, width: int) -> list[str]:
    """Return the text in lines of at most `width`; a word that is longer is a line."""
    if _width(text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _parts(name: str) -> list[str]:
    """Return the parts of a column's name, each with its underscore."""
    *first, last = name.split("_")
    return [f"{part}_" for part in first] + [last]


def _fold(name: str, width: int) -> list[str]:
    """Return the name in lines of at most `width`, broken after underscores."""
    lines = [""]
    for part in _parts(name):
        if lines[-1] and _width(lines[-1] + part) > width:
            lines.append(part)
        else:
            lines[-1] += part
    return lines


def _encode(text: str, encoding: str) -> str:
    """Return the text as it is printed, so that its width is known."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
