"""Pure: which columns of two rows of the same event differ, and of what kind that is."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from analytics_commands.rehearse.row_rules import Cells, RowRules
from analytics_local_cloud.warehouse.values.column_cells import Cell
from analytics_local_cloud.warehouse.values.column_types import Column

_EXTRA = "extra"
_ADJUSTED = "_adjusted"  # the member of `extra` that lists what became of others
_WITHIN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ChangedColumn(NamedTuple):
    """A column that differs; `about` is its name, with the type where that is part of it."""

    kind: str
    name: str
    about: str


class _Moves(NamedTuple):
    """Columns that `extra` has got a member of, or lost one; whether any other one differs."""

    went_in: set[str]
    came_out: set[str]
    differs: bool


def changed_columns(
    before: RowRules, now: RowRules, was: Cells, is_: Cells
) -> Iterator[ChangedColumn]:
    """Yield the columns in which the cells differ, by name, each once."""
    moves = _find_moves(was.get(_EXTRA), is_.get(_EXTRA))
    emptied, filled = was.keys() - is_.keys(), is_.keys() - was.keys()
    for name in sorted((was.keys() | is_.keys()) - {_EXTRA}):
        old, new = before.columns.get(name), now.columns.get(name)
        if old is None or new is None:
            yield _of_one(name, old, new)
        elif name in filled:
            kind = "value comes out of extra" if name in moves.came_out else "column filled"
            yield ChangedColumn(kind, name, name)
        elif name in emptied:
            kind = "value goes to extra" if name in moves.went_in else "column emptied"
            yield ChangedColumn(kind, name, name)
        elif (types := (_type(old), _type(new)))[0] != types[1]:
            yield ChangedColumn("column retyped", name, f"{name}: {types[0]} → {types[1]}")
        elif not _is_same(new, was[name], is_[name]):
            yield ChangedColumn("value differs", name, name)
    if moves.differs or moves.went_in - emptied or moves.came_out - filled:
        yield ChangedColumn("value differs", _EXTRA, _EXTRA)


def _of_one(name: str, old: Column | None, new: Column | None) -> ChangedColumn:
    """Return the change of a column that one schema has, and its type."""
    if new is not None:
        return ChangedColumn("column added", name, f"{name}: {_type(new)}")
    return ChangedColumn("column gone", name, f"{name}: {_type(old)}" if old else name)


def _type(column: Column) -> str:
    return f"{column.type} REPEATED" if column.repeated else column.type


def _is_same(column: Column, was: Cell, is_: Cell) -> bool:
    """Return whether a cell holds the same; JSON may have its members in any order."""
    if was == is_ or column.type != "JSON":
        return was == is_
    return _sorted_text(_value(was)) == _sorted_text(_value(is_))


def _find_moves(was: Cell, is_: Cell) -> _Moves:
    old, new = _members(was), _members(is_)
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    if names != {_ADJUSTED}:
        names.discard(_ADJUSTED)
    return _Moves(
        went_in={_column_of(name) for name in names if name not in old},
        came_out={_column_of(name) for name in names if name not in new},
        differs=any(name in old and name in new for name in names),
    )


def _members(extra: Cell) -> dict[str, bytes]:
    """Return the members of what `extra` holds, each as text that is the same for equal values."""
    if extra is None:
        return {}
    value = _value(extra)
    members = value if isinstance(value, dict) else {"": value}
    return {name: _sorted_text(member) for name, member in members.items()}


def _value(cell: Cell) -> Any:  # noqa: ANN401 - any JSON value
    return msgspec.json.decode(str(cell))


def _sorted_text(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return msgspec.json.encode(value, order="sorted")


def _column_of(field: str) -> str:
    """Return the column that a client's field would be in: `eventType` is `event_type`."""
    return _WITHIN_WORDS.sub("_", field).lower()
