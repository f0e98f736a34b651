"""Pure: what BigQuery makes of a row under a schema, by the rules of the local BigQuery."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_cells import Cell
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns
from analytics_local_cloud.warehouse.values.json_rows import RowError, RowReader

Row = Mapping[str, object]
Cells = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line is no row: a reason of few words, and what was found."""

    reason: str
    detail: str


class RowRules:
    """The schema of one revision; raises CommandFailed for one that BigQuery would not take."""

    def __init__(self, name: str, schema: bytes) -> None:
        try:
            columns = parse_columns({"fields": msgspec.json.decode(schema)})
        except ApiError as exc:
            raise CommandFailed(f"the schema of {name} is refused: {exc.message}") from exc
        self.columns = {column.name: column for column in columns}
        self._readers = lru_cache(maxsize=256)(self._new_reader)

    def changed(self, other: "RowRules") -> frozenset[str]:
        """Return the names of columns that only one of both has, or that differ."""
        names = self.columns.keys() | other.columns.keys()
        return frozenset(n for n in names if self.columns.get(n) != other.columns.get(n))

    def read(self, row: Row, names: Collection[str]) -> Cells | Refusal:
        """Return what these of the row's columns hold, without NULLs, or why it is refused."""
        chosen = {name: row[name] for name in names if name in row}
        columns, reader = self._readers(frozenset(names))
        try:
            cells = reader.read(chosen)
        except RowError as exc:
            error = exc.errors[0]
            return Refusal(f"invalid_row: {error.location}", error.message)
        pairs = zip(columns, cells, strict=True)
        return {column.name: cell for column, cell in pairs if cell is not None}

    def _new_reader(self, names: frozenset[str]) -> tuple[tuple[Column, ...], RowReader]:
        columns = tuple(column for name, column in self.columns.items() if name in names)
        return columns, RowReader(columns, ignore_unknown=False)
