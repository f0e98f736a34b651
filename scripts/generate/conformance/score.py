"""What became of all cells: the score that is published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generate.conformance.answer_cells import Cell, read_cells, read_tables
from generate.conformance.asking import RIGHT, WRONG, Endpoint, Verdict

FOLDER = Path(__file__).parents[3] / "tests" / "contract" / "googlesql"
DOCUMENTED = sorted((FOLDER / "answers").glob("*.txt"))
EDGE_CASES = sorted((FOLDER / "edge_cases").glob("*.txt"))


@dataclass(frozen=True)
class Score:
    """Of one file: cells, those right over any amount of data, and those right over little."""

    name: str
    cells: int
    right_at_any_size: int
    right: int
    wrong: tuple[str, ...] = ()

    def row(self) -> tuple[str, ...]:
        """Return a row of the page's table."""
        refused = self.cells - self.right
        few = self.right - self.right_at_any_size
        return self.name, *(f"{n:,}" for n in (self.cells, self.right_at_any_size, few, refused))


def score_documented(path: Path, warehouse: Endpoint, duckdb: Endpoint) -> Score:
    """Ask both for a file of documented answers; what is refused at once is the same in both."""
    cells = read_cells(path)
    first = list(warehouse.judge(cells))
    at_once = {verdict.cell for verdict in first if verdict.at_once}
    second = list(duckdb.judge([cell for cell in cells if cell not in at_once]))
    return _score(path, first, [*second, *(v for v in first if v.cell in at_once)])


def score_edge_cases(path: Path, duckdb: Endpoint) -> Score:
    """Ask DuckDB for a file of what the evaluator has answered."""
    tables = read_tables(path)
    cells = [cell for table in tables for cell in table.cells]
    known = [Verdict(cell, RIGHT, "") for cell in cells]
    found = {verdict.cell: verdict for verdict in duckdb.judge_tables(tables)}
    for verdict in duckdb.judge_errors(tables):  # the same cells as they are, not as SAFE. calls
        found[verdict.cell] = verdict
    return _score(path, known, found.values())


def _score(path: Path, first: Sequence[Verdict], second: Iterable[Verdict]) -> Score:
    right = _cells(first, RIGHT)
    wrong = [str(v) for v in (*first, *second) if v.kind == WRONG]
    both = right & _cells(second, RIGHT)
    name = path.stem if path in DOCUMENTED else f"{path.stem}, edge cases"
    return Score(name, len(first), len(both), len(right), tuple(wrong))


def _cells(verdicts: Iterable[Verdict], kind: str) -> set[Cell]:
    return {verdict.cell for verdict in verdicts if verdict.kind == kind}
