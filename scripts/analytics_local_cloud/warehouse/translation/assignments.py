"""What statements that change rows have in common: the table's rows, and what is stored in them."""

from collections.abc import Iterable

from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Statement,
    column_name,
    read_only,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.sql_types import letter_of, quoted

MANY = "UPDATE/MERGE must match at most one source row for each target row"


def assigned(statement: Statement, items: Node) -> dict[str, str]:
    """Return what columns are set to; raises `NotTranslated` for parts of columns."""
    values = {}
    for item in items:
        read_only(item, "target", "set_value")
        kind, target = unwrap(item.target)
        if kind != "resolved_column_ref_node":
            raise NotTranslated("SET of a part of a column")
        (value,) = stored_values(statement, [target.column.type], [item.set_value])
        values[quoted(target.column.name)] = value
    return values


def stored_values(statement: Statement, types: Iterable[Node], items: Iterable[Node]) -> list[str]:
    """Return translated values of these types; raises `NotTranslated` for DEFAULT."""
    values = []
    for type_, item in zip(types, items, strict=True):
        if unwrap(item.value)[0] == "resolved_dmldefault_node":
            raise NotTranslated("DEFAULT")
        values.append(stored(type_, statement.expression(item.value)))
    return values


def stored(type_: Node, value: str) -> str:
    """Return a value as it is stored: an ARRAY is never NULL, and holds no NULL."""
    return f"gsql_stored_array({value})" if letter_of(type_) == "a" else value


def table_of(statement: Statement, node: Node) -> str:
    """Return what stands for the changed table."""
    return statement.relations[node.table_scan.table.name]


def columns_of_target(node: Node) -> list[str]:
    """Return the columns of the changed table that the statement reads."""
    return [column_name(column) for column in node.table_scan.parent.column_list]


def target_rows(statement: Statement, node: Node, only_rows: str | None) -> str:
    """Return a query of the changed table's columns, and its `rowid` as `row_number`."""
    read_only(node.table_scan, "table", "column_index_list", "table_column_list")
    columns = node.table_scan.parent.column_list
    items = [f"{quoted(column.name)} AS {column_name(column)}" for column in columns]
    where = f" WHERE {only_rows}" if only_rows else ""
    names = ", ".join(["rowid AS row_number", *items])
    return f"SELECT {names} FROM {table_of(statement, node)}{where}"
