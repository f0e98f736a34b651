"""JSON objects → rows of cells, shared by streaming inserts and load jobs."""

from collections.abc import Callable, Mapping, Sequence

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_cells import Cell, CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import Column

Row = tuple[Cell, ...]


class RowError(ValueError):
    """A row does not fit its table; `errors` name each field (reason `invalid`)."""

    def __init__(self, errors: Sequence[ApiError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)


class RowReader:
    """Turns objects into rows of one table. Field names match without regard to case.

    `convert` makes a cell of a column's type from a raw field (`CellError` if it does not fit).
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        ignore_unknown: bool,
        convert: Callable[[str, object], Cell] = to_cell,
    ) -> None:
        self._columns = columns
        self._names = {column.name for column in columns}
        self._by_folded_name = {column.name.casefold(): column.name for column in columns}
        self._ignore_unknown = ignore_unknown
        self._convert = convert

    def read(self, fields: Mapping[str, object]) -> Row:
        """Return the row's cells in the order of the columns; raises `RowError`."""
        errors: list[ApiError] = []
        if not fields.keys() <= self._names:
            fields = self._rename(fields, errors)
        cells = tuple(
            [self._cell(column, fields.get(column.name), errors) for column in self._columns]
        )
        if errors:
            raise RowError(errors)
        return cells

    def _cell(self, column: Column, value: object, errors: list[ApiError]) -> Cell:
        try:
            cell = None if value is None else self._convert(column.type, value)
        except CellError as exc:
            errors.append(ApiError("invalid", str(exc), column.name))
            return None
        if cell is None and column.required:
            errors.append(
                ApiError("invalid", f"Missing required field: {column.name}.", column.name)
            )
        return cell

    def _rename(self, fields: Mapping[str, object], errors: list[ApiError]) -> dict[str, object]:
        renamed: dict[str, object] = {}
        for name, value in fields.items():
            known = self._by_folded_name.get(name.casefold())
            if known is not None:
                renamed[known] = value
            elif not self._ignore_unknown:
                errors.append(ApiError("invalid", f"no such field: {name}.", name))
        return renamed
