"""Query jobs: SELECT into a result file, DML and DDL in a transaction, dry runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from analytics_local_cloud.warehouse.api_errors import (
    ApiError,
    already_exists,
    not_found,
    unsupported,
)
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.jobs.job_execution import Execution, execute
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord
from analytics_local_cloud.warehouse.jobs.query_results import (
    encode_columns,
    output_columns,
    write_rows,
)
from analytics_local_cloud.warehouse.operations.statements import (
    SELECTED,
    Destination,
    Outcome,
    refuse_unsupported,
    run_statement,
    select_into,
)
from analytics_local_cloud.warehouse.sql.planning import QueryText, query_errors
from analytics_local_cloud.warehouse.values.column_types import Column, schema_to_rest


@dataclass(frozen=True)
class QueryJob:
    """A query job about to run."""

    warehouse: Warehouse
    execution: Execution
    query: QueryText
    tree: exp.Expr

    def run(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        """Run the statement and record the job; raises `ApiError`."""
        if not isinstance(self.tree, exp.Query):
            return self._change(session)
        destination = self.execution.configuration["query"].get("destinationTable")
        if destination:
            table = TableReference.from_rest(destination, self.query.project)
            return self._select_into(session, table)
        return self._select(session)

    def _select(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        sql = self.warehouse.planner.plan(session, self.query, self.tree)
        columns, rows = self._keep_result(session, sql)
        with self.warehouse.engine.transaction(session) as transaction:
            return self._finish(transaction, columns, rows)

    def _keep_result(
        self, session: duckdb.DuckDBPyConnection, sql: str
    ) -> tuple[tuple[Column, ...], int]:
        """Write the rows of a DuckDB query to the job's result file."""
        path = self.warehouse.jobs.result_path(self.execution.reference)
        with query_errors():
            columns = output_columns(session.sql(sql))
            names = ", ".join(f"c{index}" for index in range(len(columns)))
            encoded = f"SELECT {encode_columns(columns)} FROM ({sql}) AS result({names})"  # noqa: S608 - generated SQL
            return columns, write_rows(session.execute(encoded), columns, path)

    def _finish(
        self,
        transaction: Transaction,
        columns: Sequence[Column],
        rows: int,
        modified: TableReference | None = None,
    ) -> JobRecord:
        statistics, schema = _statistics(Outcome("SELECT")), schema_to_rest(columns)
        return self.execution.finish(
            transaction, statistics, schema=schema, total_rows=rows, modified=modified
        )

    def _change(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        with self.warehouse.engine.transaction(session) as transaction:
            outcome = run_statement(self.warehouse, transaction, self.query, self.tree)
            return self.execution.finish(transaction, _statistics(outcome))

    def _select_into(self, session: duckdb.DuckDBPyConnection, table: TableReference) -> JobRecord:
        configuration = self.execution.configuration["query"]
        write = configuration.get("writeDisposition", "WRITE_EMPTY")
        create = configuration.get("createDisposition", "CREATE_IF_NEEDED")
        self.warehouse.jobs.count_modification(session, table)
        with self.warehouse.engine.transaction(session) as transaction:
            exists = self.warehouse.catalog.has_table(table)
            if not exists and create == "CREATE_NEVER":
                raise not_found("Table", table.label)
            replace = exists and write == "WRITE_TRUNCATE"
            if exists and write == "WRITE_EMPTY" and _has_rows(session, table):
                raise already_exists("Table", table.label)
            into = Destination(table, create=replace or not exists, replace=replace)
            select_into(self.warehouse, transaction, self.query, self.tree, into)
            columns, rows = self._keep_result(session, f"FROM {SELECTED}")
            return self._finish(transaction, columns, rows, modified=table)


def run_query(warehouse: Warehouse, execution: Execution) -> JobRecord:
    """Run a query job to its end, or only check it (`dryRun`); a check raises what it finds."""
    configuration = execution.configuration

    def work(session: duckdb.DuckDBPyConnection) -> JobRecord:
        query = read_query(configuration["query"], execution.reference.project)
        tree = query.parse()
        refuse_unsupported(tree)
        return QueryJob(warehouse, execution, query, tree).run(session)

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


def _check(warehouse: Warehouse, execution: Execution, query: QueryText) -> JobRecord:
    """Validate a statement without running it; a definition is checked up to its query."""
    tree = query.parse()
    refuse_unsupported(tree)
    statistics = _statistics(Outcome(tree.key.upper()))
    checked = tree.expression if isinstance(tree, exp.Create) else tree
    with warehouse.engine.session() as session, query_errors():
        if isinstance(checked, exp.Query):
            sql = warehouse.planner.plan(session, query, checked)
            schema = schema_to_rest(output_columns(session.sql(sql)))
            statistics["query"] |= {"statementType": "SELECT", "schema": schema}
        elif not isinstance(tree, exp.Create | exp.Drop):
            session.execute("EXPLAIN " + warehouse.planner.plan(session, query, tree))
    return JobRecord(execution.resource(statistics, {"state": "DONE"}))


def _has_rows(session: duckdb.DuckDBPyConnection, table: TableReference) -> bool:
    return session.execute(f"SELECT 1 FROM {table.physical} LIMIT 1").fetchone() is not None  # noqa: S608 - quoted


def _statistics(outcome: Outcome) -> dict[str, Any]:
    query: dict[str, Any] = {
        "statementType": outcome.statement_type,
        "totalBytesProcessed": "0",
        "totalBytesBilled": "0",
        "cacheHit": False,
    }
    if outcome.affected_rows is not None:
        query["numDmlAffectedRows"] = str(outcome.affected_rows)
    if outcome.table is not None:
        query["ddlTargetTable"] = outcome.table.to_rest()
    return {"query": query}
