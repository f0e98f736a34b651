"""Statements that change tables: DML, and the DDL the pipeline's users need."""

from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.jobs.query_results import output_columns
from analytics_local_cloud.warehouse.operations.dataset_changes import create_dataset
from analytics_local_cloud.warehouse.operations.table_changes import create_table, delete_table
from analytics_local_cloud.warehouse.sql.narrowing import narrow
from analytics_local_cloud.warehouse.sql.planning import QueryText, query_errors
from analytics_local_cloud.warehouse.values.column_types import schema_to_rest

_DML: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
}
_IN_BUFFER = (
    "{} statement over table {} would affect rows in the streaming buffer, which is not supported"
)
SELECTED = "_selected"  # the session's temporary table with the rows of `select_into`
_CREATED, _DROPPED = {"SCHEMA", "TABLE", "VIEW"}, {"TABLE", "VIEW"}


@dataclass(frozen=True)
class Outcome:
    """What a statement did, as job statistics report it."""

    statement_type: str
    affected_rows: int | None = None
    table: TableReference | None = None


def refuse_unsupported(tree: exp.Expr) -> None:
    """Raise `ApiError` (notImplemented) for a statement of a kind that does not run here."""
    kind = str(tree.args.get("kind"))
    ddl = (
        isinstance(tree, exp.Create) and kind in _CREATED and not tree.args.get("temporary")
    ) or (isinstance(tree, exp.Drop) and kind in _DROPPED)
    if not (ddl or type(tree) in _DML or isinstance(tree, exp.Query)):
        raise unsupported(f"{tree.key.upper()} statements of this form")
    assigned = (item.this for update in tree.find_all(exp.Update) for item in update.expressions)
    if any(isinstance(column, exp.Column | exp.Dot) and column.parts[1:] for column in assigned):
        raise unsupported("SET of a field of a RECORD: set the column to a STRUCT")
    if tree.args.get("properties"):
        raise unsupported(
            "PARTITION BY, CLUSTER BY and OPTIONS in SQL: use the REST API or `bq mk`"
        )


def run_statement(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> Outcome:
    """Run DML or DDL inside `transaction`; raises `ApiError`."""
    if type(tree) in _DML:
        return _run_dml(warehouse, transaction, query, tree)
    run = _run_create if isinstance(tree, exp.Create) else _run_drop
    return run(warehouse, transaction, query, tree)


def _target(warehouse: Warehouse, query: QueryText, tree: exp.Expr) -> TableReference:
    table = tree.find(exp.Table)
    if table is None:
        raise ApiError("invalidQuery", "The statement names no table", "query")
    return warehouse.planner.resolver(query).reference(table)


def _run_dml(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> Outcome:
    kind = _DML[type(tree)]
    if kind in {"UPDATE", "DELETE"} and not tree.args.get("where"):
        raise ApiError("invalidQuery", f"{kind} must have a WHERE clause", "query")
    target = _target(warehouse, query, tree)
    if warehouse.catalog.table(target).kind != "TABLE":
        raise ApiError("invalidQuery", f"{target.label} cannot be changed: it is no table", "query")
    buffered = warehouse.buffer.rows(transaction, target)
    probe = narrow(tree, [(rows.first_id, rows.last_id) for rows in buffered]) if buffered else None
    if probe is not None and _execute(warehouse, transaction, query, probe):
        name = "TRUNCATE DML" if kind == "TRUNCATE_TABLE" else "UPDATE or DELETE"
        raise ApiError("invalidQuery", _IN_BUFFER.format(name, target.path), "query")
    count = _execute(warehouse, transaction, query, tree)
    warehouse.buffer.move(transaction, target, buffered)
    return Outcome(kind, count, target)


def _execute(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> int:
    """Run DML; returns how many rows it changed."""
    sql = warehouse.planner.plan(transaction.connection, query, tree)
    with query_errors():
        row = transaction.connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _run_create(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> Outcome:
    kind = str(tree.args.get("kind"))
    if kind == "SCHEMA":
        return _create_schema(warehouse, transaction, query, tree)
    target = _target(warehouse, query, tree)
    if warehouse.catalog.has_table(target) and tree.args.get("exists"):
        return Outcome(f"CREATE_{kind}", table=target)
    replace = bool(tree.args.get("replace"))
    if kind == "TABLE" and tree.expression:
        into = Destination(target, create=True, replace=replace)
        rows = select_into(warehouse, transaction, query, tree.expression, into)
        return Outcome("CREATE_TABLE_AS_SELECT", rows, target)
    body = (
        {"schema": _declared_schema(tree)}
        if kind == "TABLE"
        else {"view": {"query": tree.expression.sql("bigquery"), "useLegacySql": False}}
    )
    create_table(warehouse, transaction, target, body, replace=replace)
    return Outcome(f"CREATE_{kind}", table=target)


@dataclass(frozen=True)
class Destination:
    """A table that takes a query's rows: created, replaced or appended to."""

    table: TableReference
    create: bool
    replace: bool = False


def select_into(
    warehouse: Warehouse,
    transaction: Transaction,
    query: QueryText,
    tree: exp.Expr,
    into: Destination,
) -> int:
    """Write a query's rows to a table by column name; returns their number."""
    connection = transaction.connection
    sql = warehouse.planner.plan(connection, query, tree)
    with query_errors():
        connection.execute(f"CREATE TEMP TABLE {SELECTED} AS {sql}")
    if into.create:
        schema = schema_to_rest(output_columns(connection.table(SELECTED)))
        body = {"schema": schema}
        create_table(warehouse, transaction, into.table, body, replace=into.replace)
    with query_errors():
        connection.execute(f"INSERT INTO {into.table.physical} BY NAME FROM {SELECTED}")
    row = connection.fetchone()
    return int(row[0]) if row else 0


def _create_schema(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> Outcome:
    table = tree.this
    reference = DatasetReference(table.catalog or query.project, table.db or table.name)
    known = {dataset["id"] for dataset in warehouse.catalog.datasets(reference.project)}
    if reference.label not in known or not tree.args.get("exists"):
        create_dataset(warehouse, transaction, reference, {})
    return Outcome("CREATE_SCHEMA")


def _run_drop(
    warehouse: Warehouse, transaction: Transaction, query: QueryText, tree: exp.Expr
) -> Outcome:
    target = _target(warehouse, query, tree)
    outcome = Outcome(f"DROP_{tree.args['kind']}", table=target)
    if tree.args.get("exists") and not warehouse.catalog.has_table(target):
        return outcome
    delete_table(warehouse, transaction, target)
    return outcome


def _declared_schema(tree: exp.Expr) -> dict[str, Any]:
    fields = [
        {
            "name": column.name,
            "type": column.args["kind"].sql("bigquery"),
            "mode": "REQUIRED" if column.find(exp.NotNullColumnConstraint) else "NULLABLE",
        }
        for column in tree.this.find_all(exp.ColumnDef)
    ]
    return {"fields": fields}
