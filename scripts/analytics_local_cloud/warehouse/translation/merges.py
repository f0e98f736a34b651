"""MERGE: a full join of the table and the source says which clause each row meets."""

from collections.abc import Iterable

from analytics_local_cloud.warehouse.translation.assignments import (
    MANY,
    assigned,
    stored_values,
    table_of,
    target_rows,
)
from analytics_local_cloud.warehouse.translation.nodes import Node, Statement, is_set, read_only
from analytics_local_cloud.warehouse.translation.sql_types import quoted

_MATCHED, _ONLY_IN_TABLE, _ONLY_IN_SOURCE = range(3)  # ResolvedMergeWhenEnums.MatchType
_INSERT, _UPDATE, _DELETE = range(3)  # ResolvedMergeWhenEnums.ActionType


def merge(statement: Statement, node: Node, only_rows: str | None) -> str | None:
    """Return DuckDB SQL of a MERGE, or None if no clause of it changes rows there are."""
    clauses = [
        clause
        for clause in node.when_clause_list
        if only_rows is None or clause.match_type != _ONLY_IN_SOURCE
    ]
    if not clauses:
        return None
    target = target_rows(statement, node, only_rows)
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
    many = "row_number IS NOT NULL AND count(*) OVER (PARTITION BY row_number) > 1"
    once = f"CASE WHEN {many} THEN gsql_fail('{MANY}') ELSE row_number END AS row_number"
    chosen = ", ".join([once, "action", *values])
    rows = f"SELECT {chosen} FROM ({joined}) WHERE action IS NOT NULL"
    return (
        f"MERGE INTO {table_of(statement, node)} AS t USING ({rows}) AS u"
        f" ON t.rowid = u.row_number {' '.join(actions)}"
    )


def _chosen(statement: Statement, clauses: Iterable[Node]) -> str:
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


def _values_of(statement: Statement, clause: Node) -> dict[str, str]:
    if clause.action_type == _UPDATE:
        return assigned(statement, clause.update_item_list)
    columns = clause.insert_column_list
    names = [quoted(column.name) for column in columns]
    types = [column.type for column in columns]
    values = stored_values(statement, types, clause.insert_row.value_list)
    return dict(zip(names, values, strict=True))


def _action(clause: Node, number: int, names: list[str]) -> str:
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
