"""Statements that change something: DML on stored tables, and definitions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.googlesql.analysis import walk
from analytics_local_cloud.warehouse.queries.engines import STAGED
from analytics_local_cloud.warehouse.queries.fetching import literals
from analytics_local_cloud.warehouse.queries.query_errors import query_errors
from analytics_local_cloud.warehouse.queries.query_text import QueryText
from analytics_local_cloud.warehouse.queries.resolution import Resolved
from analytics_local_cloud.warehouse.translation.changes import translate_change
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated

_DML = {
    "insert_stmt": "INSERT",
    "update_stmt": "UPDATE",
    "delete_stmt": "DELETE",
    "merge_stmt": "MERGE",
    "truncate_stmt": "TRUNCATE_TABLE",
}
_IN_BUFFER = (
    "{} statement over table {} would affect rows in the streaming buffer, which is not supported"
)


@dataclass(frozen=True)
class Outcome:
    """What a statement did, as job statistics report it."""

    statement_type: str
    affected_rows: int | None = None
    table: TableReference | None = None
    performed: str | None = None  # ddlOperationPerformed


@dataclass(frozen=True)
class Change:
    """A statement about to change something, inside `transaction`."""

    warehouse: Warehouse
    transaction: Transaction
    query: QueryText
    resolved: Resolved

    @property
    def session(self) -> duckdb.DuckDBPyConnection:
        """The connection of the transaction."""
        return self.transaction.connection

    def inner_query(self) -> Resolved | None:
        """Return the query within the statement, on its own; None if it has none."""
        analyzer = self.warehouse.analyzer
        request = service_pb2.ParseRequest(
            sql_statement=self.resolved.text.sql, options=analyzer.language.options
        )
        tree = analyzer.service.call("Parse", request, service_pb2.ParseResponse)
        for node in walk(tree.parsed_statement):
            if node.DESCRIPTOR.name == "ASTQueryProto":
                place: Any = node
                while not hasattr(place, "parse_location_range"):
                    place = place.parent
                start, end = place.parse_location_range.start, place.parse_location_range.end
                sql = self.resolved.text.sql.encode()[start:end].decode()
                return self.warehouse.resolver.resolve(replace(self.query, sql=sql))
        return None


def is_change(resolved: Resolved) -> bool:
    """Tell whether a statement is DML."""
    return resolved.kind in _DML


def run_change(change: Change) -> Outcome:
    """Run DML; raises `ApiError`."""
    kind = _DML[change.resolved.kind]
    entry = _target(change)
    target = entry.reference
    buffered = change.warehouse.buffer.rows(change.transaction, target)
    if buffered and kind != "INSERT":
        affected = " OR ".join(f"rowid BETWEEN {r.first_id} AND {r.last_id}" for r in buffered)
        if _execute(change, f"({affected})"):
            name = "TRUNCATE DML" if kind == "TRUNCATE_TABLE" else "UPDATE or DELETE"
            raise ApiError("invalidQuery", _IN_BUFFER.format(name, target.path), "query")
    count = _insert_staged(change, entry) if kind == "INSERT" else _execute(change)
    change.warehouse.buffer.move(change.transaction, target, buffered)
    return Outcome(kind, count, target)


def _target(change: Change) -> TableEntry:
    ((_, statement),) = change.resolved.tree.ListFields()
    source = change.resolved.sources[statement.table_scan.table.name]
    if source.entry is None or source.entry.kind != "TABLE":
        raise ApiError("invalidQuery", f"{source.known.name} cannot be changed: it is no table")
    return source.entry


def _execute(change: Change, only_rows: str | None = None) -> int:
    """Run DML in DuckDB; returns how many rows it changed."""
    relations = change.warehouse.engines.relations(change.session, change.resolved)
    try:
        sql = translate_change(
            change.resolved.tree, relations, literals(change.resolved), only_rows
        )
    except NotTranslated as exc:
        raise unsupported(f"{exc.what} in DML") from exc
    if sql is None:
        return 0
    with query_errors():
        row = change.session.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _insert_staged(change: Change, target: TableEntry) -> int:
    """INSERT … SELECT takes its rows from either engine; INSERT … VALUES is translated."""
    statement = change.resolved.tree.resolved_insert_stmt_node
    inner = change.inner_query() if statement.HasField("query") else None
    if inner is None:
        return _execute(change)
    stage(change, inner)
    return insert_staged(change, target, [c.name for c in statement.insert_column_list])


def stage(change: Change, rows: Resolved) -> None:
    """Keep a query's rows for `insert_staged`; raises `ApiError`."""
    columns = [replace(column, name=f"c{n}") for n, column in enumerate(rows.columns)]
    change.warehouse.engines.stage(change.session, rows, columns)


def insert_staged(change: Change, target: TableEntry, names: Sequence[str]) -> int:
    """Insert the staged rows, by position, into these columns; returns their number."""
    kinds = {column.name.casefold(): column.duckdb_type for column in target.columns}
    selected = ", ".join(f"c{n}::{kinds[name.casefold()]}" for n, name in enumerate(names))
    into = ", ".join(map(quote, names))
    with query_errors():
        sql = f"INSERT INTO {target.reference.physical} ({into}) SELECT {selected} FROM {STAGED}"  # noqa: S608 - quoted
        row = change.session.execute(sql).fetchone()
        change.session.execute(f"DROP TABLE {STAGED}")
    return int(row[0]) if row else 0
