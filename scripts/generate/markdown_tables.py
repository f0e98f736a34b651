"""Tables of a Markdown page that are written from data; the prose around them stays."""

import re
from collections.abc import Iterable, Mapping, Sequence

_TABLE = re.compile(r"(<!-- table: ([a-z_-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill_tables(page: str, drawn: Mapping[str, str]) -> str:
    """Return the page with each table between its comments as it is `drawn`, by name.

    Raises KeyError for a table that nobody draws.
    """
    return _TABLE.sub(lambda found: found[1] + drawn[found[2]] + found[3], page)


def draw_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
