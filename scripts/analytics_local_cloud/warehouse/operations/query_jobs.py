"""Query jobs: SELECT into a result file, DML and DDL in a transaction, dry runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import (
    ApiError,
    already_exists,
    not_found,
    unsupported,
)
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.jobs.bytes_read import (
    billed_bytes,
    estimate_bytes,
    refuse_beyond_limit,
)
from analytics_local_cloud.warehouse.jobs.job_execution import Execution, execute
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord
from analytics_local_cloud.warehouse.jobs.query_results import write_rows
from analytics_local_cloud.warehouse.operations.definitions import refuse_unknown, run_definition
from analytics_local_cloud.warehouse.operations.statements import (
    Change,
    Outcome,
    insert_staged,
    is_change,
    run_change,
    stage,
)
from analytics_local_cloud.warehouse.operations.table_changes import create_table
from analytics_local_cloud.warehouse.queries.engines import STAGED
from analytics_local_cloud.warehouse.queries.fetching import fetch
from analytics_local_cloud.warehouse.queries.query_text import QueryText
from analytics_local_cloud.warehouse.queries.resolution import Resolved
from analytics_local_cloud.warehouse.values.column_types import Column, schema_to_rest

_DML_STATS = {
    "DELETE": "deletedRowCount",
    "INSERT": "insertedRowCount",
    "TRUNCATE_TABLE": "deletedRowCount",
    "UPDATE": "updatedRowCount",
}


@dataclass(frozen=True)
class QueryJob:
    """A query job about to run."""

    warehouse: Warehouse
    execution: Execution
    query: QueryText
    resolved: Resolved

    def run(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        """Run the statement and record the job; raises `ApiError`."""
        if self.resolved.kind != "query_stmt":
            return self._change(session)
        destination = self.execution.configuration["query"].get("destinationTable")
        if destination:
            table = TableReference.from_rest(destination, self.query.project)
            return self._select_into(session, table)
        columns = self.resolved.result_columns()
        read = bytes_read(session, self.execution, self.resolved)
        rows = self._keep(columns, self.warehouse.engines.rows(session, self.resolved))
        with self.warehouse.engine.transaction(session) as transaction:
            return self._finish(transaction, columns, rows, read)

    def _keep(self, columns: Sequence[Column], rows: Iterator[tuple[Any, ...]]) -> int:
        """Write rows to the job's result file; returns their number."""
        return write_rows(rows, columns, self.warehouse.jobs.result_path(self.execution.reference))

    def _finish(
        self,
        transaction: Transaction,
        columns: Sequence[Column],
        rows: int,
        read: Sequence[int],
        modified: TableReference | None = None,
    ) -> JobRecord:
        statistics, schema = _statistics(Outcome("SELECT"), read), schema_to_rest(columns)
        return self.execution.finish(
            transaction, statistics, schema=schema, total_rows=rows, modified=modified
        )

    def _change(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        with self.warehouse.engine.transaction(session) as transaction:
            change = Change(self.warehouse, transaction, self.query, self.resolved)
            read = bytes_read(session, self.execution, self.resolved)
            run = run_change if is_change(self.resolved) else run_definition
            return self.execution.finish(transaction, _statistics(run(change), read))

    def _select_into(self, session: duckdb.DuckDBPyConnection, table: TableReference) -> JobRecord:
        configuration = self.execution.configuration["query"]
        write = configuration.get("writeDisposition", "WRITE_EMPTY")
        create = configuration.get("createDisposition", "CREATE_IF_NEEDED")
        self.warehouse.jobs.count_modification(session, table)
        columns = self.resolved.result_columns()
        with self.warehouse.engine.transaction(session) as transaction:
            exists = self.warehouse.catalog.has_table(table)
            if not exists and create == "CREATE_NEVER":
                raise not_found("Table", table.label)
            if exists and write == "WRITE_EMPTY" and _has_rows(session, table):
                raise already_exists("Table", table.label)
            change = Change(self.warehouse, transaction, self.query, self.resolved)
            read = bytes_read(session, self.execution, self.resolved)
            stage(change, self.resolved)
            self._keep(columns, fetch(session, f"FROM {STAGED}", columns))
            entry = self.warehouse.catalog.table(table) if exists else None
            if entry is None or write == "WRITE_TRUNCATE":
                body = {"schema": schema_to_rest(columns)}
                entry = create_table(self.warehouse, transaction, table, body, replace=exists)
            rows = insert_staged(change, entry, [column.name for column in columns])
            return self._finish(transaction, columns, rows, read, modified=table)


def run_query(warehouse: Warehouse, execution: Execution) -> JobRecord:
    """Run a query job to its end, or only check it (`dryRun`); a check raises what it finds."""
    configuration = execution.configuration

    def work(session: duckdb.DuckDBPyConnection) -> JobRecord:
        query = read_query(configuration["query"], execution.reference.project)
        resolved = warehouse.resolver.resolve(query)
        return QueryJob(warehouse, execution, query, resolved).run(session)

    if configuration.get("dryRun"):
        query = read_query(configuration["query"], execution.reference.project)
        return _check(warehouse, execution, query)
    return execute(warehouse.engine, execution, work)


def read_query(configuration: Mapping[str, Any], project: str) -> QueryText:
    """Read a `JobConfigurationQuery`; raises `ApiError` for legacy SQL."""
    if configuration.get("useLegacySql", True):
        raise unsupported("legacy SQL: pass useLegacySql=false")
    default = configuration.get("defaultDataset")
    if not str(configuration.get("query", "")).strip():
        raise ApiError("invalid", "Required parameter is missing: query", "query")
    return QueryText(
        str(configuration["query"]),
        project,
        DatasetReference.from_rest(default, project) if default else None,
        configuration.get("queryParameters") or (),
        configuration.get("tableDefinitions") or {},
    )


def bytes_read(
    session: duckdb.DuckDBPyConnection, execution: Execution, resolved: Resolved
) -> list[int]:
    """Return the bytes a statement reads of each table; raises `ApiError` beyond its limit."""
    read = [
        estimate_bytes(session, entry.reference.physical, columns)
        for entry, columns in resolved.stored()
    ]
    refuse_beyond_limit(execution.configuration["query"], read)
    return read


def _check(warehouse: Warehouse, execution: Execution, query: QueryText) -> JobRecord:
    """Validate a statement without running it."""
    resolved = warehouse.resolver.resolve(query)
    with warehouse.engine.session() as session:
        read = bytes_read(session, execution, resolved)
    statistics = _statistics(Outcome(resolved.kind.removesuffix("_stmt").upper()), read)
    if resolved.kind == "query_stmt":
        schema = schema_to_rest(resolved.result_columns())
        statistics["query"] |= {"statementType": "SELECT", "schema": schema}
    elif not is_change(resolved):
        refuse_unknown(resolved)
    return JobRecord(execution.resource(statistics, {"state": "DONE"}))


def _has_rows(session: duckdb.DuckDBPyConnection, table: TableReference) -> bool:
    return session.execute(f"SELECT 1 FROM {table.physical} LIMIT 1").fetchone() is not None  # noqa: S608 - quoted


def _statistics(outcome: Outcome, read: Sequence[int]) -> dict[str, Any]:
    processed = str(sum(read))
    query: dict[str, Any] = {
        "statementType": outcome.statement_type,
        "totalBytesProcessed": processed,
        "totalBytesBilled": str(billed_bytes(read)),
        "cacheHit": False,
    }
    if outcome.affected_rows is not None:
        query["numDmlAffectedRows"] = str(outcome.affected_rows)
    if outcome.statement_type in _DML_STATS:
        query["dmlStats"] = {_DML_STATS[outcome.statement_type]: str(outcome.affected_rows)}
    if outcome.table is not None:
        query["ddlTargetTable"] = outcome.table.to_rest()
    if outcome.performed is not None:
        query["ddlOperationPerformed"] = outcome.performed
    return {"query": query}
