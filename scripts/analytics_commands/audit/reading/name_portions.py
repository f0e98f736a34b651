"""Pure: the names that belong to each page of rows, so that pages can be compared side by side.

Rows come by name. Between the first of a page and that of the next one, the bucket is listed where
objects of the time may be that no row knows; elsewhere, it is asked for the names of the rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from analytics_commands.audit.reading.result_pages import AccountRow
from analytics_commands.foundation.terminal.ending import CommandFailed

_MOST_SPANS = 16  # listings of a portion: one after the other
_END = chr(0x10FFFF)  # comes after every name


class OutOfOrder(CommandFailed):
    """The rows are not in the order of the names, so they cannot be compared."""


@dataclass(frozen=True, slots=True)
class Span:
    """The names from `start` up to, and without, `end`."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows by name, all that there are between two names, and what is to be listed there."""

    rows: Sequence[AccountRow]
    spans: Sequence[Span]

    def split(self, name: str) -> tuple[Sequence[AccountRow], "Portion | None"]:
        """Return the rows before a name, and the portion from there on; empty: there is none."""
        if not name:
            return self.rows, None
        there = bisect_left(self.rows, name, key=_name)
        spans = [Span(max(name, span.start), span.end) for span in self.spans if name < span.end]
        return self.rows[:there], Portion(self.rows[there:], spans)

    def lists(self, name: str) -> bool:
        """Return whether an object of that name would be in the listings."""
        return any(span.start <= name < span.end for span in self.spans)


def cut_portions(
    pages: Iterable[Sequence[AccountRow]], prefixes: Sequence[str]
) -> Iterator[Portion]:
    """Yield all rows, and all names under the prefixes (sorted, each ends with `/`), once.

    Raises OutOfOrder.
    """
    start = ""
    for page, end in _ends(pages):
        rows = page
        while True:
            spans = list(islice(_spans(prefixes, start, end), _MOST_SPANS + 1))
            cut = spans[_MOST_SPANS].start if len(spans) > _MOST_SPANS else end
            there = bisect_left(rows, cut, key=_name)
            yield Portion(rows[:there], spans[:_MOST_SPANS])
            rows, start = rows[there:], cut
            if cut == end:
                break


def _ends(pages: Iterable[Sequence[AccountRow]]) -> Iterator[tuple[Sequence[AccountRow], str]]:
    """Yield each page with the name at which the next begins: versions of an object stay together.

    Without any rows, there is one page, of none.
    """
    held: Sequence[AccountRow] = ()
    for page in pages:
        _check_order(held, page)
        rows = [*held, *page]
        last = bisect_left(rows, rows[-1].name, key=_name)
        if last:
            yield rows[:last], rows[last].name
        held = rows[last:]
    yield held, _END


def _check_order(before: Sequence[AccountRow], page: Sequence[AccountRow]) -> None:
    name = before[-1].name if before else ""
    for row in page:
        if row.name < name:
            raise OutOfOrder(f"{row.name} comes after {name}")
        name = row.name


def _spans(prefixes: Sequence[str], start: str, end: str) -> Iterator[Span]:
    """Yield what is between the two names of each prefix."""
    first = max(0, bisect_right(prefixes, start) - 1)
    for prefix in islice(prefixes, first, None):
        if prefix >= end:
            return
        after = f"{prefix[:-1]}0"  # the character after the slash
        if start < after:
            yield Span(max(start, prefix), min(end, after))


def _name(row: AccountRow) -> str:
    return row.name
