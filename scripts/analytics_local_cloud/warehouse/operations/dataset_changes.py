"""Creating, changing and deleting datasets."""

from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, quote
from analytics_local_cloud.warehouse.catalog.rest_resources import check_etag, new_resource, patched
from analytics_local_cloud.warehouse.operations.table_changes import delete_table


def create_dataset(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: DatasetReference,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    """Create a dataset; its body is kept as given. Raises `ApiError` (duplicate)."""
    warehouse.catalog.refuse_taken_dataset(reference)
    resource = new_resource(
        {"location": "US", **body},
        warehouse.jobs.now(),
        kind="bigquery#dataset",
        type="DEFAULT",
        id=reference.label,
        datasetReference=reference.to_rest(),
    )
    transaction.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(reference.schema)}")
    warehouse.catalog.put_dataset(transaction, reference, resource)
    return resource


def change_dataset(
    warehouse: Warehouse,
    transaction: Transaction,
    reference: DatasetReference,
    body: Mapping[str, Any],
    if_match: str | None = None,
) -> dict[str, Any]:
    """Merge fields into a dataset's resource; raises `ApiError` (conditionNotMet)."""
    old = warehouse.catalog.dataset(reference)
    check_etag(old, if_match)
    resource = patched(old, body, warehouse.jobs.now())
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
