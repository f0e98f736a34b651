"""Files of cells: an expression and its answer a line, below a line that says where it is from.

    # Mathematical functions: DIV
    DIV(12, 5) ==> INT64 2
    DIV(1, 0) ==> ERROR division by zero: 1 / 0

An answer is a type and a value as `written` has it, or ERROR and a part of BigQuery's message. In
a file of tables the line above says an expression, the types of its columns and that of all its
answers; a cell is a row, in SQL.

    # DIV(x, y) | x INT64, y INT64 | INT64
    12, 5 ==> 2
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

_ARROW = " ==> "
_TYPES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERROR = "ERROR"


@dataclass(frozen=True)
class Cell:
    """`question` is an expression, or the row of a table; `answer` as in the file."""

    source: str
    question: str
    answer: str

    @property
    def error(self) -> str | None:
        """A part of the message, where the answer is an error."""
        refused = self.answer == ERROR or self.answer.startswith(f"{ERROR} ")
        return self.answer.removeprefix(ERROR).strip() if refused else None


@dataclass(frozen=True)
class Table:
    """An expression over columns (`x INT64, y INT64`), the type of its answers, and its rows."""

    expression: str
    columns: str
    type: str
    cells: tuple[Cell, ...]

    def every(self, step: int, start: int = 0) -> "Table":
        """Return the table with one of `step` rows."""
        return replace(self, cells=self.cells[start::step])


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of a file; raises ValueError for a line that is none."""
    source, cells = "", []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            source = line.removeprefix("# ")
        elif line:
            question, arrow, answer = line.rpartition(_ARROW)
            if not arrow or not source:
                raise ValueError(f"{path.name}: no cell: {line}")
            cells.append(Cell(source, question, answer))
    return cells


def read_tables(path: Path) -> list[Table]:
    """Return the tables of a file; raises ValueError."""
    found = []
    for source, cells in groupby(read_cells(path), lambda cell: cell.source):
        expression, columns, kind = source.rsplit(" | ", 2)
        found.append(Table(expression, columns, kind, tuple(cells)))
    return found


def write_tables(tables: Iterable[Table]) -> str:
    """Return a file of tables."""
    texts = []
    for table in tables:
        lines = [f"{cell.question}{_ARROW}{cell.answer}" for cell in table.cells]
        texts.append("\n".join([f"# {table.expression} | {table.columns} | {table.type}", *lines]))
    return "\n\n".join(texts) + "\n"


def type_of(field: Mapping[str, Any]) -> str:
    """Return the GoogleSQL type of a field of a schema."""
    name = _TYPES.get(field["type"], field["type"])
    if name == "STRUCT":
        inner = ", ".join(f"{each['name']} {type_of(each)}" for each in field["fields"])
        name = f"STRUCT<{inner}>"
    return f"ARRAY<{name}>" if field.get("mode") == "REPEATED" else name


def written(field: Mapping[str, Any], value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a value of the REST API, with timestamps in microseconds, as cells have it.

    STRING is in quotes, BYTES hexadecimal, FLOAT64 of 14 digits: the last two differ by machine.
    """
    if field.get("mode") == "REPEATED":
        item = {**field, "mode": "NULLABLE"}
        return f"[{', '.join(written(item, each['v']) for each in value)}]"
    if value is None:
        return "NULL"
    if field["type"] in ("RECORD", "STRUCT"):
        return f"({_fields(field['fields'], value['f'])})"
    return _scalar(field["type"], value)


def _fields(fields: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(written(f, each["v"]) for f, each in zip(fields, values, strict=True))


def _scalar(kind: str, value: str) -> str:
    match kind:
        case "STRING":
            return json.dumps(value, ensure_ascii=False)
        case "BYTES":
            return base64.b64decode(value).hex() or "-"
        case "FLOAT" | "FLOAT64":
            return f"{float(value):.14g}"
        case "TIMESTAMP":
            return _moment(int(value))
        case _:
            return value


def _moment(microseconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:  # no TIMESTAMP of BigQuery
        return f"{microseconds} microseconds"
    return f"{moment.replace(tzinfo=None).isoformat(' ')}+00"
