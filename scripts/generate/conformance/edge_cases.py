"""The table of edge cases: what is asked, as edge_cases.toml says."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from zlib import crc32

_FILE = Path(__file__).parent / "edge_cases.toml"
_ROWS = 10  # of an expression of several columns: some of all combinations, always the same
_SEPARATOR = " | "


@dataclass(frozen=True)
class Question:
    """An expression, its columns (`x INT64, y STRING`), and the rows to ask it for."""

    area: str
    expression: str
    columns: str
    rows: tuple[str, ...]


def questions() -> Iterator[Question]:
    """Yield all that is asked, in the order of the file."""
    text = tomllib.loads(_FILE.read_text("utf-8"))
    for area, lines in text["expressions"].items():
        for line in lines.split("\n"):
            if line:
                yield _question(area, line, text["values"])


def _question(area: str, line: str, sets: Mapping[str, Mapping[str, object]]) -> Question:
    expression, _, columns = line.rpartition(_SEPARATOR)
    names = [column.split() for column in columns.split(", ")]
    typed = ", ".join(f"{name} {sets[kind].get('type', kind)}" for name, kind in names)
    values = [list(map(str, sets[kind]["values"])) for _, kind in names]  # type: ignore[call-overload]
    rows = [", ".join(row) for row in product(*values)]
    if len(names) > 1:
        chosen = sorted(rows, key=lambda row: crc32(f"{line} {row}".encode()))[:_ROWS]
        rows = [row for row in rows if row in chosen]
    return Question(area, expression, typed, tuple(rows))
