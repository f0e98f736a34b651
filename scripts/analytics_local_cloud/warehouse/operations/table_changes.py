"""Creating, changing and deleting tables: the catalog and DuckDB in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.catalog.rest_resources import check_etag, new_resource, patched
from analytics_local_cloud.warehouse.files.external_tables import resolve_external
from analytics_local_cloud.warehouse.operations.table_layouts import check_layout, partitioning_of
from analytics_local_cloud.warehouse.queries.query_text import QueryText
from analytics_local_cloud.warehouse.values.column_types import Column, schema_to_rest

_UNSUPPORTED = (
    "materializedView",
    "model",
    "snapshotDefinition",
    "cloneDefinition",
    "rangePartitioning",
)


def create_table(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: TableReference,
    body: Mapping[str, Any],
    *,
    replace: bool = False,
) -> TableEntry:
    """Create a table, view or external table; its body is kept as given.

    Raises `ApiError`: duplicate, invalid schemas, views that do not run, missing files.
    """
    catalog = warehouse.catalog
    if replace and catalog.has_table(reference):
        _drop_physical(warehouse, transaction, catalog.table(reference))
    else:
        catalog.refuse_taken_table(reference)
    resource = new_resource(
        body,
        warehouse.jobs.now(),
        kind="bigquery#table",
        id=reference.label,
        tableReference=reference.to_rest(),
        location=catalog.dataset(reference.parent)["location"],
        type=_kind(body),
    )
    entry = TableEntry.of(reference, _complete(warehouse, reference, resource))
    if entry.kind == "TABLE":
        check_layout(entry)
        definitions = ", ".join(map(_definition, entry.columns)) or "_empty BOOLEAN"
        transaction.connection.execute(f"CREATE TABLE {reference.physical} ({definitions})")
    catalog.put_table(transaction, entry)
    return entry


def change_table(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: TableReference,
    body: Mapping[str, Any],
    if_match: str | None = None,
) -> TableEntry:
    """Merge fields into a table's resource; new columns are added.

    Raises `ApiError`: invalid for a schema change that BigQuery refuses, conditionNotMet.
    """
    old = warehouse.catalog.table(reference)
    check_etag(old.resource, if_match)
    resource = patched(old.resource, body, warehouse.jobs.now())
    entry = TableEntry.of(reference, _complete(warehouse, reference, resource))
    if entry.kind == "TABLE":
        check_layout(entry)
        if partitioning_of(old.resource) != partitioning_of(resource):
            raise ApiError("invalid", "Cannot change partitioning specification of a table.")
        _evolve(transaction, old, entry.columns)
    warehouse.catalog.put_table(transaction, entry)
    return entry


def delete_table(warehouse: Warehouse, transaction: Transaction, reference: TableReference) -> None:
    """Delete a table and its rows; raises `ApiError` (notFound)."""
    _drop_physical(warehouse, transaction, warehouse.catalog.table(reference))
    warehouse.catalog.drop_table(transaction, reference)


def _kind(body: Mapping[str, Any]) -> str:
    for feature in _UNSUPPORTED:
        if body.get(feature):
            raise unsupported(f"tables with {feature}")
    if body.get("view"):
        return "VIEW"
    return "EXTERNAL" if body.get("externalDataConfiguration") else "TABLE"


def _complete(
    warehouse: Warehouse,
    reference: TableReference,
    resource: dict[str, Any],
) -> dict[str, Any]:
    """Validate a view or external table by resolving it, and fill in the schema it has."""
    if resource["type"] == "VIEW":
        if resource["view"].get("useLegacySql"):
            raise unsupported("legacy SQL")
        query = QueryText(resource["view"]["query"], reference.parent.project)
        resolved = warehouse.resolver.resolve(query)
        if resolved.kind != "query_stmt":
            raise ApiError("invalidQuery", "The query of a view is a SELECT", "query")
        return {**resource, "schema": schema_to_rest(resolved.result_columns())}
    if resource["type"] == "EXTERNAL":
        configuration = {**resource["externalDataConfiguration"]}
        configuration.setdefault("schema", resource.get("schema"))
        table = resolve_external(configuration, warehouse.objects)
        configuration["schema"] = schema_to_rest(table.columns)  # once, not on each query
        schema = schema_to_rest(table.all_columns)
        return {**resource, "schema": schema, "externalDataConfiguration": configuration}
    return resource


def _definition(column: Column) -> str:
    constraint = " NOT NULL" if column.required else " DEFAULT []" if column.repeated else ""
    return f"{quote(column.name)} {column.duckdb_type}{constraint}"


def _drop_physical(warehouse: Warehouse, transaction: Transaction, entry: TableEntry) -> None:
    if entry.kind == "TABLE":
        warehouse.buffer.forget(transaction, entry.reference)
        transaction.connection.execute(f"DROP TABLE {entry.reference.physical}")


def _evolve(transaction: Transaction, old: TableEntry, columns: Sequence[Column]) -> None:
    """Add columns, and fields of RECORD ones, and relax REQUIRED ones; all else is refused."""
    for change in schema_changes(old.reference.label, old.columns, columns):
        transaction.connection.execute(f"ALTER TABLE {old.reference.physical} {change}")


def schema_changes(
    label: str, old: Sequence[Column], columns: Sequence[Column], within: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yield what `ALTER TABLE` has to do; raises `ApiError` (invalid) for what none may do."""
    wanted = {column.name.casefold(): column for column in columns}
    for column in old:
        new = wanted.pop(column.name.casefold(), None)
        check_change(label, ".".join((*within, column.name)), column, new)
        if new is None:
            continue
        if column.required and not new.required and not within:
            yield f"ALTER COLUMN {quote(column.name)} DROP NOT NULL"
        inner = (*within, column.name, *(("element",) if column.repeated else ()))
        yield from schema_changes(label, column.fields, new.fields, inner)
    for column in wanted.values():
        if column.required:
            text = f"Provided Schema does not match Table {label}. Cannot add required fields "
            text += f"to an existing schema. (field: {column.name})"
            raise ApiError("invalid", text)
        if not within:
            yield f"ADD COLUMN {_definition(column)}"
            continue
        if column.repeated:
            raise unsupported(f"adding REPEATED fields to a RECORD ({column.name})")
        path = ".".join(map(quote, (*within, column.name)))
        yield f"ADD COLUMN {path} {column.duckdb_type}"


def check_change(label: str, name: str, old: Column, new: Column | None) -> None:
    """Raise `ApiError` (invalid) unless a column may become `new`."""
    if new is None:
        problem = f"Field {name} is missing in new schema"
    elif new.type != old.type:
        problem = f"Field {name} has changed type from {old.type} to {new.type}"
    elif new.mode != old.mode and (old.mode, new.mode) != ("REQUIRED", "NULLABLE"):
        problem = f"Field {name} has changed mode from {old.mode} to {new.mode}"
    else:
        return
    raise ApiError("invalid", f"Provided Schema does not match Table {label}. {problem}")
