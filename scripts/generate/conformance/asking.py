"""Asks a warehouse for cells, many at a time, and judges its answers."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import urllib3

from generate.conformance.answer_cells import ERROR, Cell, Table, type_of, written

OK, NOT_IMPLEMENTED, BAD_REQUEST = 200, 501, 400
_AGAIN = urllib3.Retry(1, allowed_methods=None)  # a connection that was closed meanwhile
RIGHT, REFUSED, WRONG = "right", "refused", "WRONG"
_PATH = "/bigquery/v2/projects/conformance/queries"
MOST_COLUMNS = 24  # of one query: one that fails is asked for again in halves
# A call that `SAFE.` may stand before.
_NO_CALL = r"CAST|SAFE_CAST|EXTRACT|ARRAY|EXISTS|STRUCT|IF|COALESCE|NULLIF|IFNULL"
_CALL = re.compile(rf"(?!({_NO_CALL})\()[A-Z]\w*\(")


@dataclass(frozen=True)
class Answer:
    """Of one query: the columns of its result and its rows, or why there is none."""

    status: int
    fields: Sequence[dict[str, Any]] = ()
    rows: Sequence[Sequence[Any]] = ()
    message: str = ""

    def value(self, number: int = 0) -> str:
        """Return the type and the value of a column of the only row, as cells have them."""
        found = self.fields[number]
        return f"{type_of(found)} {written(found, self.rows[0][number])}"

    def array(self, number: int = 0) -> tuple[str, list[str]]:
        """Return the type of an array's answers and the answers, as tables have them."""
        inner = self.fields[number]["fields"][0]
        items = self.rows[0][number]
        return type_of(inner), [written(inner, item["v"]["f"][0]["v"]) for item in items]


@dataclass(frozen=True)
class Verdict:
    """What became of a cell: RIGHT, REFUSED (501) or WRONG; `got` is what was answered."""

    cell: Cell
    kind: str
    got: str

    def __str__(self) -> str:
        """Return what whoever mends it needs to know."""
        cell = self.cell
        return f"{self.kind} {cell.source}: {cell.question} ==> {cell.answer}; answered {self.got}"

    @property
    def at_once(self) -> bool:
        """Whether the question was refused before any row of it was computed."""
        return self.cell.error is not None and " at [" in self.got


@dataclass(frozen=True, eq=False)
class _Column:
    """An expression that answers one cell, or, with `type`, an array that answers several."""

    sql: str
    cells: Sequence[Cell]
    type: str = ""
    expected: str = ""

    def verdicts(self, answer: Answer, number: int) -> Iterator[Verdict]:
        if not self.type:
            yield _compare(self.cells[0], answer.value(number))
            return
        kind, answers = answer.array(number)
        for cell, got in zip(self.cells, answers, strict=True):
            told = got if kind == self.type else f"{got} of type {kind}"
            yield _compare(cell, told, self.expected)


@dataclass(frozen=True)
class Endpoint:
    """A warehouse at a URL.

    `can` tells of a query whether there is an answer to each of its columns: what is known to be
    refused is not asked for. Without `words`, an error may be told in any.
    """

    url: str
    can: Callable[[str], Sequence[bool]]
    words: bool = True
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def ask(self, sql: str) -> Answer:
        """Run a query."""
        body = {
            "query": sql,
            "useLegacySql": False,
            "formatOptions": {"useInt64Timestamp": True},
        }
        raw = self.http.request("POST", self.url + _PATH, body=json.dumps(body), retries=_AGAIN)
        said = json.loads(raw.data)
        if raw.status != OK:
            return Answer(raw.status, message=said["error"]["message"])
        rows = [[cell["v"] for cell in row["f"]] for row in said.get("rows", ())]
        return Answer(raw.status, said.get("schema", {}).get("fields", ()), rows)

    def judge(self, cells: Sequence[Cell]) -> Iterator[Verdict]:
        """Yield the verdict of each cell, in no order."""
        yield from self._judge_all([_Column(c.question, [c]) for c in cells if c.error is None])
        for cell in cells:
            if cell.error is not None:
                yield self._judge_error(cell, f"SELECT {cell.question}")

    def judge_tables(self, tables: Sequence[Table]) -> Iterator[Verdict]:
        """Yield the verdict of the rows of tables; errors are asked for as NULL of `SAFE.`."""
        columns = []
        for table in tables:
            values = [cell for cell in table.cells if cell.error is None]
            errors = [cell for cell in table.cells if cell.error is not None]
            columns.append(_Column(over_rows(table, values), values, table.type))
            if errors and _CALL.match(table.expression):
                sql = over_rows(table, errors, "SAFE.")
                none = "[]" if table.type.startswith("ARRAY") else "NULL"
                columns.append(_Column(sql, errors, table.type, none))
        yield from self._judge_all([column for column in columns if column.cells])

    def judge_errors(self, tables: Sequence[Table]) -> Iterator[Verdict]:
        """Yield the verdict of one error of each table, asked for as it is."""
        for table in tables:
            for cell in [cell for cell in table.cells if cell.error is not None][:1]:
                yield self._judge_error(cell, f"SELECT {over_rows(table, [cell])}")

    def _judge_error(self, cell: Cell, sql: str) -> Verdict:
        answer = self.ask(sql)
        if answer.status == NOT_IMPLEMENTED:
            return Verdict(cell, REFUSED, answer.message)
        if answer.status == OK:
            return Verdict(cell, WRONG, answer.value())
        told = not self.words or (cell.error or "") in answer.message
        right = answer.status == BAD_REQUEST and told
        return Verdict(cell, RIGHT if right else WRONG, f"{ERROR} {answer.message}")

    def _judge_all(self, columns: Sequence[_Column]) -> Iterator[Verdict]:
        for start in range(0, len(columns), MOST_COLUMNS):
            chunk = columns[start : start + MOST_COLUMNS]
            answer = self.ask(_select(chunk))
            if answer.status == OK:
                yield from _verdicts(chunk, answer)
                continue
            possible = dict(zip(chunk, self.can(_select(chunk)), strict=False))
            for column in chunk:
                if not possible[column]:
                    yield from (Verdict(cell, REFUSED, "") for cell in column.cells)
            yield from self._judge([column for column in chunk if possible[column]])

    def _judge(self, columns: Sequence[_Column]) -> Iterator[Verdict]:
        if not columns:
            return
        answer = self.ask(_select(columns))
        if answer.status == OK:
            yield from _verdicts(columns, answer)
        elif len(columns) > 1:
            middle = len(columns) // 2
            yield from self._judge(columns[:middle])
            yield from self._judge(columns[middle:])
        else:
            kind = REFUSED if answer.status == NOT_IMPLEMENTED else WRONG
            got = f"{answer.status} {answer.message}"
            yield from (Verdict(cell, kind, got) for cell in columns[0].cells)


def over_rows(table: Table, cells: Sequence[Cell], prefix: str = "") -> str:
    """Return an array with the answers of an expression to rows, in their order."""
    rows = ", ".join(f"({n}, {cell.question})" for n, cell in enumerate(cells))
    kind = f"ARRAY<STRUCT<n INT64, {table.columns}>>"
    answers = f"{prefix}{table.expression} AS answer FROM UNNEST({kind}[{rows}]) ORDER BY n"
    return f"ARRAY(SELECT AS STRUCT {answers})"


def _select(columns: Sequence[_Column]) -> str:
    return "SELECT " + ", ".join(f"{column.sql} AS c{n}" for n, column in enumerate(columns))


def _verdicts(columns: Sequence[_Column], answer: Answer) -> Iterator[Verdict]:
    for number, column in enumerate(columns):
        yield from column.verdicts(answer, number)


def _compare(cell: Cell, got: str, expected: str = "") -> Verdict:
    return Verdict(cell, RIGHT if got == (expected or cell.answer) else WRONG, got)
