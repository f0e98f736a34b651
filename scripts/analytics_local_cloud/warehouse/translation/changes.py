"""INSERT, UPDATE, DELETE, MERGE and TRUNCATE.

What a statement does to which row is worked out by a query over the table's `rowid` first: then a
statement can be narrowed to some rows of its table by narrowing that query.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from analytics_local_cloud.warehouse.translation.nodes import (
    NotTranslated,
    Statement,
    column_name,
    columns_of,
    is_set,
    read_only,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.types import letter_of, quoted

_MATCHED, _ONLY_IN_TABLE, _ONLY_IN_SOURCE = range(3)  # ResolvedMergeWhenEnums.MatchType
_INSERT, _UPDATE, _DELETE = range(3)  # ResolvedMergeWhenEnums.ActionType
_MANY = "UPDATE/MERGE must match at most one source row for each target row"


def translate_change(
    statement: Any,
    relations: Mapping[str, str],
    parameters: Mapping[str, str],
    only_rows: str | None = None,
) -> str | None:
    """Return DuckDB SQL of a statement that changes rows; its result is their number.

    `only_rows` is a DuckDB condition on the table's `rowid`: no other rows are changed, and none
    inserted; None stands for a statement that then changes nothing. Raises `NotTranslated`.
    """
    kind, node = unwrap(statement)
    if kind not in _CHANGES:
        raise NotTranslated(kind.removeprefix("resolved_").removesuffix("_stmt_node").upper())
    read_only(node, *_READS)
    return _CHANGES[kind](Statement(relations, parameters), node, only_rows)


_READS = (
    *("table_scan", "insert_column_list", "query", "query_output_column_list", "row_list"),
    *("where_expr", "update_item_list", "from_scan", "merge_expr", "when_clause_list"),
)


def _insert(statement: Statement, node: Any, only_rows: str | None) -> str | None:
    if only_rows is not None:
        return None
    types = [column.type for column in node.insert_column_list]
    if is_set(node, "query"):
        rows = statement.rows(node.query)
        names = [column_name(column) for column in node.query_output_column_list]
        items = [_stored(type_, name) for type_, name in zip(types, names, strict=True)]
        source = f"SELECT {', '.join(items)} FROM ({rows.sql}){rows.ordered()}"
    else:
        source = "VALUES " + ", ".join(
            f"({', '.join(_values(statement, types, row.value_list))})" for row in node.row_list
        )
    columns = ", ".join(quoted(column.name) for column in node.insert_column_list)
    return f"INSERT INTO {_table(statement, node)} ({columns}) {source}"


def _delete(statement: Statement, node: Any, only_rows: str | None) -> str:
    condition = statement.expression(node.where_expr) if is_set(node, "where_expr") else "TRUE"
    rows = f"SELECT row_number FROM ({_target(statement, node, only_rows)}) WHERE {condition}"
    return f"DELETE FROM {_table(statement, node)} WHERE rowid IN ({rows})"


def _truncate(statement: Statement, node: Any, only_rows: str | None) -> str:
    return f"DELETE FROM {_table(statement, node)} WHERE {only_rows or 'TRUE'}"


def _update(statement: Statement, node: Any, only_rows: str | None) -> str:
    rows = f"({_target(statement, node, only_rows)})"
    condition = statement.expression(node.where_expr) if is_set(node, "where_expr") else "TRUE"
    names = columns_of_target(node)
    if is_set(node, "from_scan"):
        rows += f" CROSS JOIN ({statement.rows(node.from_scan).sql})"
        names += columns_of(node.from_scan)
    chosen = f"SELECT {', '.join(['row_number', *names])} FROM {rows} WHERE {condition}"
    items = _assigned(statement, node.update_item_list)
    values = [f"{value} AS v{place}" for place, value in enumerate(items.values())]
    count = "count(*) OVER (PARTITION BY row_number) AS matches"
    inner = f"SELECT row_number, {', '.join([*values, count])} FROM ({chosen})"
    once = f"(CASE WHEN matches > 1 THEN gsql_fail('{_MANY}') ELSE row_number END)"
    sets = ", ".join(f"{name} = u.v{place}" for place, name in enumerate(items))
    table = _table(statement, node)
    return f"UPDATE {table} AS t SET {sets} FROM ({inner}) AS u WHERE t.rowid = {once}"


def _merge(statement: Statement, node: Any, only_rows: str | None) -> str | None:
    clauses = [
        clause
        for clause in node.when_clause_list
        if only_rows is None or clause.match_type != _ONLY_IN_SOURCE
    ]
    if not clauses:
        return None
    target = _target(statement, node, only_rows)
    source = f"SELECT *, TRUE AS in_source FROM ({statement.rows(node.from_scan).sql})"
    joined = (
        f"SELECT *, {_chosen(statement, clauses)} AS action FROM ({target})"
        f" FULL JOIN ({source}) ON {statement.expression(node.merge_expr)}"
    )
    values, actions = [], []
    for number, clause in enumerate(clauses):
        items = _values_of(statement, clause)
        values += [
            f"CASE WHEN action = {number} THEN {value} END AS v{number}_{place}"
            for place, value in enumerate(items.values())
        ]
        actions.append(_action(clause, number, list(items)))
    matches = "count(*) OVER (PARTITION BY row_number)"
    once = f"CASE WHEN row_number IS NOT NULL AND {matches} > 1 THEN gsql_fail('{_MANY}') ELSE row_number END"
    rows = f"SELECT {', '.join([f'{once} AS row_number', 'action', *values])} FROM ({joined}) WHERE action IS NOT NULL"
    return (
        f"MERGE INTO {_table(statement, node)} AS t USING ({rows}) AS u"
        f" ON t.rowid = u.row_number {' '.join(actions)}"
    )


def _chosen(statement: Statement, clauses: Iterable[Any]) -> str:
    """Return the number of the first clause that a joined row meets, or NULL."""
    met = {
        _MATCHED: "row_number IS NOT NULL AND in_source",
        _ONLY_IN_TABLE: "in_source IS NULL",
        _ONLY_IN_SOURCE: "row_number IS NULL",
    }
    whens = []
    for number, clause in enumerate(clauses):
        read_only(clause, *_OF_CLAUSE)
        condition = met[clause.match_type]
        if is_set(clause, "match_expr"):
            condition += f" AND {statement.expression(clause.match_expr)}"
        whens.append(f"WHEN {condition} THEN {number}")
    return f"CASE {' '.join(whens)} END"


_OF_CLAUSE = (
    *("match_type", "match_expr", "action_type", "insert_column_list", "insert_row"),
    "update_item_list",
)


def _values_of(statement: Statement, clause: Any) -> dict[str, str]:
    if clause.action_type == _UPDATE:
        return _assigned(statement, clause.update_item_list)
    columns = clause.insert_column_list
    names = [quoted(column.name) for column in columns]
    types = [column.type for column in columns]
    values = _values(statement, types, clause.insert_row.value_list)
    return dict(zip(names, values, strict=True))


def _action(clause: Any, number: int, names: list[str]) -> str:
    when = "NOT MATCHED" if clause.match_type == _ONLY_IN_SOURCE else "MATCHED"
    values = [f"u.v{number}_{place}" for place, _ in enumerate(names)]
    if clause.action_type == _DELETE:
        then = "DELETE"
    elif clause.action_type == _UPDATE:
        pairs = zip(names, values, strict=True)
        then = f"UPDATE SET {', '.join(f'{name} = {value}' for name, value in pairs)}"
    else:
        then = f"INSERT ({', '.join(names)}) VALUES ({', '.join(values)})"
    return f"WHEN {when} AND u.action = {number} THEN {then}"


def _assigned(statement: Statement, items: Any) -> dict[str, str]:
    """Return what columns are set to; raises `NotTranslated` for parts of columns."""
    values = {}
    for item in items:
        read_only(item, "target", "set_value")
        kind, target = unwrap(item.target)
        if kind != "resolved_column_ref_node":
            raise NotTranslated("SET of a part of a column")
        (value,) = _values(statement, [target.column.type], [item.set_value])
        values[quoted(target.column.name)] = value
    return values


def _values(statement: Statement, types: Iterable[Any], items: Iterable[Any]) -> list[str]:
    values = []
    for type_, item in zip(types, items, strict=True):
        if unwrap(item.value)[0] == "resolved_dmldefault_node":
            raise NotTranslated("DEFAULT")
        values.append(_stored(type_, statement.expression(item.value)))
    return values


def _stored(type_: Any, value: str) -> str:
    """Return a value as it is stored: an ARRAY is never NULL, and holds no NULL."""
    return f"gsql_stored_array({value})" if letter_of(type_) == "a" else value


def _table(statement: Statement, node: Any) -> str:
    return statement.relations[node.table_scan.table.name]


def columns_of_target(node: Any) -> list[str]:
    """Return the columns of the changed table that the statement reads."""
    return [column_name(column) for column in node.table_scan.parent.column_list]


def _target(statement: Statement, node: Any, only_rows: str | None) -> str:
    read_only(node.table_scan, "table", "column_index_list", "table_column_list")
    columns = node.table_scan.parent.column_list
    items = [f"{quoted(column.name)} AS {column_name(column)}" for column in columns]
    where = f" WHERE {only_rows}" if only_rows else ""
    names = ", ".join(["rowid AS row_number", *items])
    return f"SELECT {names} FROM {_table(statement, node)}{where}"


_CHANGES = {
    "resolved_insert_stmt_node": _insert,
    "resolved_update_stmt_node": _update,
    "resolved_delete_stmt_node": _delete,
    "resolved_merge_stmt_node": _merge,
    "resolved_truncate_stmt_node": _truncate,
}
