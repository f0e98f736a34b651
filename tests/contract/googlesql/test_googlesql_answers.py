"""GoogleSQL, cell by cell: what the reference documents is answered so, or refused with 501."""

import random

import pytest

from generate import local_cloud_page
from generate.conformance.answer_cells import read_tables
from generate.conformance.asking import WRONG
from generate.conformance.score import DOCUMENTED, EDGE_CASES, score_documented
from generate.conformance.warehouses import OnlyDuckDb, local_warehouse

_SAMPLE = 6  # of whose rows one is asked for: whoever writes the tables, and the page, asks for all


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("answers") / "root") as warehouse:
        yield warehouse


@pytest.fixture(name="duckdb", scope="module")
def _duckdb(tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("duckdb") / "root", OnlyDuckDb) as warehouse:
        yield warehouse


@pytest.fixture(name="published", scope="module")
def _published():
    return local_cloud_page.published_scores(local_cloud_page.PAGE.read_text("utf-8"))


@pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: path.stem)
def test_documented_answers(warehouse, duckdb, published, path):
    """Each documented answer is given by both engines, or refused as not supported.

    The page promises no more of them than are answered.
    """
    score = score_documented(path, warehouse, duckdb)
    at_any_size, right = published[score.name]

    assert () == score.wrong
    assert at_any_size <= score.right_at_any_size
    assert right <= score.right


@pytest.mark.parametrize("path", EDGE_CASES, ids=lambda path: path.stem)
def test_edge_cases(warehouse, duckdb, path):
    """The answers to edge cases are those of the table, which googlesql_answers.py writes."""
    tables = read_tables(path)
    first = random.randrange(_SAMPLE)  # others in each run, by the seed that it prints
    evaluated, translated = (
        [table.every(_SAMPLE, (start + number) % _SAMPLE) for number, table in enumerate(tables)]
        for start in (first, first + 1)
    )
    verdicts = [*warehouse.judge_tables(evaluated), *duckdb.judge_tables(translated)]
    verdicts += duckdb.judge_errors(translated)

    assert len(verdicts) > len(tables) // 2
    assert [] == [str(verdict) for verdict in verdicts if verdict.kind == WRONG]
