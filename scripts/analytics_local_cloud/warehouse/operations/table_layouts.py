"""Partitioning and clustering of tables: kept, and refused where BigQuery refuses them.

Nothing is stored in partitions here; what a table may look like there is all that matters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.values.column_types import Column

_PARTITIONING = {"DATE", "DATETIME", "TIMESTAMP"}
_CLUSTERING = {*_PARTITIONING, "BOOLEAN", "INTEGER", "NUMERIC", "STRING"}
_MAX_CLUSTERING = 4


def check_layout(entry: TableEntry) -> None:
    """Raise `ApiError` (invalid) for columns that cannot partition, or cluster, a table."""
    partitioning = entry.resource.get("timePartitioning") or {}
    name = partitioning.get("field")
    if name:
        column = _column("partitioning", name, entry.columns, _PARTITIONING)
        if column.type == "DATE" and partitioning.get("type") == "HOUR":
            text = f"Field {name} is of type DATE, which cannot be partitioned by HOUR."
            raise ApiError("invalid", text, name)
    names = (entry.resource.get("clustering") or {}).get("fields") or ()
    if len(names) > _MAX_CLUSTERING:
        text = f"Too many fields specified for clustering; the limit is {_MAX_CLUSTERING}."
        raise ApiError("invalid", text)
    for name in names:
        _column("clustering", name, entry.columns, _CLUSTERING)


def partitioning_of(resource: Mapping[str, Any]) -> tuple[str | None, str | None] | None:
    """Return the type and column of a table's, or a job's, partitioning; None without one."""
    partitioning = resource.get("timePartitioning")
    return (partitioning.get("type"), partitioning.get("field")) if partitioning else None


def _column(purpose: str, name: str, columns: Sequence[Column], types: set[str]) -> Column:
    found = [column for column in columns if column.name.casefold() == name.casefold()]
    if not found:
        text = f"The field specified for {purpose} cannot be found in the schema. Invalid field: "
        raise ApiError("invalid", f"{text}{name}.", name)
    if found[0].repeated or found[0].type not in types:
        kind = f"{found[0].mode} {found[0].type}"
        text = f"Field {name} of type {kind} cannot be used for {purpose}."
        raise ApiError("invalid", text, name)
    return found[0]
