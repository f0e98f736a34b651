"""Write the table of edge cases: what GoogleSQL's reference implementation answers to each.

    python scripts/generate/googlesql_answers.py

A change of a dependency, or of ours, that alters an answer is seen in the table's difference.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from generate.conformance.answer_cells import ERROR, Cell, Table, write_tables
from generate.conformance.asking import NOT_IMPLEMENTED, OK, Answer, Endpoint, over_rows
from generate.conformance.edge_cases import Question, questions
from generate.conformance.warehouses import OnlyEvaluator, local_warehouse

TABLES = Path(__file__).parents[2] / "tests" / "contract" / "googlesql" / "edge_cases"


def main() -> int:
    """Rewrite the tables, a file for each area; returns 0."""
    with (
        TemporaryDirectory() as folder,
        local_warehouse(Path(folder) / "warehouse", OnlyEvaluator) as evaluator,
    ):
        asked = [(each.area, table) for each in questions() for table in _answers(evaluator, each)]
    for area in dict(asked):
        tables = [table for name, table in asked if name == area]
        (TABLES / f"{area}.txt").write_text(write_tables(tables), "utf-8")
    return 0


def _answers(evaluator: Endpoint, question: Question) -> Iterator[Table]:
    """Yield the question's table, unless there is no answer at all."""
    asked = [Cell("", row, "") for row in question.rows]
    whole = Table(question.expression, question.columns, "", tuple(asked))
    answer = evaluator.ask(f"SELECT {over_rows(whole, asked)}")
    if answer.status == OK:
        kind, answers = answer.array()
    else:
        single = [evaluator.ask(f"SELECT {over_rows(whole, [cell])}") for cell in asked]
        kinds = [one.array()[0] for one in single if one.status == OK]
        if not kinds or any(one.status == NOT_IMPLEMENTED for one in single):
            print(f"no answers: {question.expression}: {answer.message}")
            return
        kind, answers = kinds[0], [_answer(one) for one in single]
    cells = [Cell("", row, got) for row, got in zip(question.rows, answers, strict=True)]
    yield Table(question.expression, question.columns, kind, tuple(cells))


def _answer(answer: Answer) -> str:
    if answer.status == OK:
        return answer.array()[1][0]
    return f"{ERROR} {answer.message}".replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
