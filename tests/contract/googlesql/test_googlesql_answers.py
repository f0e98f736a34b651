"""GoogleSQL, cell by cell: what the reference documents is answered so, or refused with 501."""

from pathlib import Path

import pytest

from generate.conformance.answer_cells import read_cells, read_tables
from generate.conformance.asking import WRONG
from generate.conformance.warehouses import local_warehouse

_FOLDER = Path(__file__).parent
_DOCUMENTED = sorted((_FOLDER / "answers").glob("*.txt"))
_EDGE_CASES = sorted((_FOLDER / "edge_cases").glob("*.txt"))
_SAMPLE = 3  # of whose rows one is asked for: whoever writes the tables asks for all


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("answers") / "root") as warehouse:
        yield warehouse


@pytest.mark.parametrize("path", _DOCUMENTED, ids=lambda path: path.stem)
def test_documented_answers(warehouse, path):
    """Each documented answer is given, of the documented type, or refused as not supported."""
    verdicts = list(warehouse.judge(read_cells(path)))

    assert [] == [str(verdict) for verdict in verdicts if verdict.kind == WRONG]


@pytest.mark.parametrize("path", _EDGE_CASES, ids=lambda path: path.stem)
def test_edge_cases(warehouse, path):
    """The answers to edge cases are those of the table, which googlesql_answers.py writes."""
    tables = [table.every(_SAMPLE) for table in read_tables(path)]
    verdicts = list(warehouse.judge_tables(tables))

    assert len(verdicts) > len(tables) / 2
    assert [] == [str(verdict) for verdict in verdicts if verdict.kind == WRONG]
