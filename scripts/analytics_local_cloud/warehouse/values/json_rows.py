"""JSON objects → rows of cells, shared by streaming inserts and load jobs."""

from collections.abc import Mapping, Sequence
from functools import partial

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_cells import Cell, CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.nested_cells import (
    Convert,
    array_cell,
    null_refused,
    record_cell,
    record_fields,
)

Row = tuple[Cell, ...]


class RowError(ValueError):
    """A row does not fit its table; `errors` name each field (reason `invalid`)."""

    def __init__(self, errors: Sequence[ApiError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)


class RowReader:
    """Turns objects into rows of one table. Field names match without regard to case.

    `convert` makes a cell of a column's type from a raw field (`CellError` if it does not fit).
    `within` is what stands before the names of a RECORD's fields in messages.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        ignore_unknown: bool,
        convert: Convert = to_cell,
        within: str = "",
    ) -> None:
        def converter(column: Column) -> Convert:
            make = convert
            if column.fields:
                inner = f"{within}{column.name}."
                make = RowReader(
                    column.fields, ignore_unknown=ignore_unknown, convert=convert, within=inner
                ).read_record
            return partial(_read_array, column, make) if column.repeated else make

        self._columns = columns
        # What is absent is NULL, or an array without elements.
        self._converters = [(c, converter(c), () if c.repeated else None) for c in columns]
        self._names = {column.name for column in columns}
        self._by_folded_name = {column.name.casefold(): column.name for column in columns}
        self._ignore_unknown = ignore_unknown
        self._within = within

    def read(self, fields: Mapping[str, object]) -> Row:
        """Return the row's cells in the order of the columns; raises `RowError`."""
        errors: list[ApiError] = []
        if not fields.keys() <= self._names:
            fields = self._rename(fields, errors)
        cells = tuple(
            [
                self._cell(column, convert, fields.get(column.name, absent), errors)
                for column, convert, absent in self._converters
            ]
        )
        if errors:
            raise RowError(errors)
        return cells

    def read_record(self, _kind: str, value: object) -> Cell:
        """Return the cell of a RECORD column; raises `RowError`, `CellError` if it is none."""
        fields = record_fields(value)
        return None if fields is None else record_cell(self._columns, self.read(fields))

    def _cell(
        self, column: Column, convert: Convert, value: object, errors: list[ApiError]
    ) -> Cell:
        try:
            cell = None if value is None else convert(column.type, value)
        except CellError as exc:
            errors.append(self._error(column.name, str(exc)))
            return None
        except RowError as exc:
            errors += exc.errors
            return None
        if cell is None and column.mode != "NULLABLE":
            errors.append(self._error(column.name, self._missing(column)))
        return cell

    def _missing(self, column: Column) -> str:
        if column.repeated:
            return null_refused(column)
        return f"Missing required field: {self._within}{column.name}."

    def _error(self, name: str, text: str) -> ApiError:
        return ApiError("invalid", text, self._within + name)

    def _rename(self, fields: Mapping[str, object], errors: list[ApiError]) -> dict[str, object]:
        renamed: dict[str, object] = {}
        for name, value in fields.items():
            known = self._by_folded_name.get(name.casefold())
            if known is not None:
                renamed[known] = value
            elif not self._ignore_unknown:
                errors.append(self._error(name, f"no such field: {self._within}{name}."))
        return renamed


def _read_array(column: Column, convert: Convert, _kind: str, value: object) -> Cell:
    return array_cell(column, convert, value)
