"""Creating, changing and deleting datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.local_cloud.warehouse.errors import ApiError
from scripts.local_cloud.warehouse.references import DatasetReference, quote
from scripts.local_cloud.warehouse.tables import delete_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripts.local_cloud.warehouse.engine import Transaction
    from scripts.local_cloud.warehouse.warehouse import Warehouse

_FIXED = {"kind", "id", "datasetReference", "creationTime", "location", "selfLink"}


def create_dataset(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: DatasetReference,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    """Create a dataset; its body is kept as given. Raises `ApiError` (duplicate)."""
    warehouse.catalog.refuse_taken_dataset(reference)
    now = str(warehouse.jobs.now())
    resource = {
        "location": "US",
        **body,
        "kind": "bigquery#dataset",
        "id": reference.label,
        "datasetReference": reference.to_rest(),
        "creationTime": now,
        "lastModifiedTime": now,
    }
    transaction.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(reference.schema)}")
    warehouse.catalog.put_dataset(transaction, reference, resource)
    return resource


def change_dataset(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: DatasetReference,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    """Merge fields into a dataset's resource; null removes a field."""
    merged = {**warehouse.catalog.dataset(reference)}
    merged |= {key: value for key, value in body.items() if key not in _FIXED}
    merged["lastModifiedTime"] = str(warehouse.jobs.now())
    resource = {key: value for key, value in merged.items() if value is not None}
    warehouse.catalog.put_dataset(transaction, reference, resource)
    return resource


def delete_dataset(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: DatasetReference,
    *,
    with_contents: bool,
) -> None:
    """Delete a dataset; raises `ApiError` (resourceInUse) when it still holds tables."""
    tables = warehouse.catalog.tables(reference)
    if tables and not with_contents:
        raise ApiError("resourceInUse", f"Dataset {reference.label} is still in use")
    for entry in tables:
        delete_table(warehouse, transaction, entry.reference)
    transaction.connection.execute(f"DROP SCHEMA {quote(reference.schema)} CASCADE")
    warehouse.catalog.drop_dataset(transaction, reference)
