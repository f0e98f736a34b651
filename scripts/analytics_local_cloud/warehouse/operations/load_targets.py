"""Where a load job's rows go: the table is created, replaced, or given more columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, already_exists, not_found
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference
from analytics_local_cloud.warehouse.operations.table_changes import (
    change_table,
    check_change,
    create_table,
)
from analytics_local_cloud.warehouse.operations.table_layouts import partitioning_of
from analytics_local_cloud.warehouse.values.column_types import (
    Column,
    parse_columns,
    schema_to_rest,
)

_KEPT = ("timePartitioning", "clustering")
_ADDITION, _RELAXATION = "ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"


def check_schema(
    warehouse: Warehouse, reference: TableReference, configuration: Mapping[str, Any]
) -> None:
    """Raise `ApiError` (invalid) if the schema that a job declares cannot be the table's."""
    declared = parse_columns(configuration.get("schema"))
    appends = configuration.get("writeDisposition") != "WRITE_TRUNCATE"
    if declared and appends and warehouse.catalog.has_table(reference):
        _merge(warehouse.catalog.table(reference), configuration, declared)


def prepare_target(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: TableReference,
    configuration: Mapping[str, Any],
    columns: Sequence[Column],
) -> None:
    """Make the table ready for rows of these columns, as the dispositions say.

    Raises `ApiError`: notFound, duplicate (it has rows), invalid for a schema that does not fit.
    """
    write = configuration.get("writeDisposition") or "WRITE_APPEND"
    exists = warehouse.catalog.has_table(reference)
    if not exists and configuration.get("createDisposition") == "CREATE_NEVER":
        raise not_found("Table", reference.label)
    entry = warehouse.catalog.table(reference) if exists else None
    if entry is not None and entry.kind != "TABLE":
        raise ApiError("invalid", f"Cannot load into {reference.label}: it is no table")
    if entry is None or write == "WRITE_TRUNCATE":
        body = _body(entry, configuration, columns)
        create_table(warehouse, transaction, reference, body, replace=exists)
        return
    if write == "WRITE_EMPTY" and _has_rows(transaction.connection, reference):
        raise already_exists("Table", reference.label)
    given = partitioning_of(configuration)
    if given and given != partitioning_of(entry.resource):
        text = f"Incompatible table partitioning specification of {reference.label}."
        raise ApiError("invalid", text)
    schema = _merge(entry, configuration, columns)
    if schema != entry.columns:
        body = {"schema": {"fields": _described(entry.resource.get("schema"), schema)}}
        change_table(warehouse, transaction, reference, body)


def _body(
    entry: TableEntry | None, configuration: Mapping[str, Any], columns: Sequence[Column]
) -> dict[str, Any]:
    """Return the resource of a new table, or of one that is written anew."""
    resource = dict(entry.resource) if entry else {}
    if entry is None or tuple(columns) != entry.columns:
        fields = _described(configuration.get("schema"), columns)
        resource["schema"] = {"fields": fields}
    kept = {key: configuration[key] for key in _KEPT if configuration.get(key)}
    return {**resource, **kept, **(configuration.get("destinationTableProperties") or {})}


def _described(given: Mapping[str, Any] | None, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return fields as they were given, where they were, with what else they say."""
    known = {str(field["name"]).casefold(): field for field in (given or {}).get("fields", ())}
    found = []
    for field, column in zip(schema_to_rest(columns)["fields"], columns, strict=True):
        old = known.get(column.name.casefold(), {})
        inner = {"fields": _described(old, column.fields)} if column.fields else {}
        found.append({**old, **field, **inner})
    return found


def _has_rows(connection: duckdb.DuckDBPyConnection, reference: TableReference) -> bool:
    sql = f"SELECT 1 FROM {reference.physical} LIMIT 1"  # noqa: S608 - quoted name
    return connection.execute(sql).fetchone() is not None


def _merge(
    entry: TableEntry, configuration: Mapping[str, Any], columns: Sequence[Column]
) -> tuple[Column, ...]:
    """Return the table's columns and what `schemaUpdateOptions` allow of the job's.

    Only those that the job declares say what may be NULL.
    """
    modes = {column.name.casefold(): column.mode for column in entry.columns}
    declared = parse_columns(configuration.get("schema"))
    given = [
        column
        if column in declared or column.repeated
        else replace(column, mode=modes.get(column.name.casefold(), column.mode))
        for column in columns
    ]
    options = configuration.get("schemaUpdateOptions") or ()
    return tuple(_merged(entry.reference.label, options, entry.columns, given))


def _merged(
    label: str,
    options: Sequence[str],
    old: Sequence[Column],
    columns: Sequence[Column],
    within: str = "",
) -> Iterator[Column]:
    """Yield a table's columns with what the options allow of the job's."""
    wanted = {column.name.casefold(): column for column in columns}
    for column in old:
        new = wanted.pop(column.name.casefold(), column)
        check_change(label, f"{within}{column.name}", column, new)
        relaxed = new.mode != column.mode
        if relaxed and _RELAXATION not in options:
            text = f"Provided Schema does not match Table {label}. Field {within}{column.name} has"
            raise ApiError("invalid", f"{text} changed mode from REQUIRED to NULLABLE")
        inner = f"{within}{column.name}."
        fields = tuple(_merged(label, options, column.fields, new.fields, inner))
        yield replace(column, fields=fields, mode=new.mode)
    for column in wanted.values():
        if _ADDITION not in options:
            text = f"Provided Schema does not match Table {label}. Cannot add fields"
            raise ApiError("invalid", f"{text} (field: {within}{column.name})")
        yield column
