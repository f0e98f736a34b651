"""`projects.list` and the `datasets` resource."""

from typing import Any

from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.references import DatasetReference
from analytics_local_cloud.warehouse.catalog.rest_resources import (
    as_patch,
    check_etag,
    has_labels,
    read_filter,
)
from analytics_local_cloud.warehouse.operations.dataset_changes import (
    change_dataset,
    create_dataset,
    delete_dataset,
)
from analytics_local_cloud.warehouse.web.calls import Call

_LISTED = ("kind", "id", "datasetReference", "labels", "friendlyName", "location")


def list_projects(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """Projects that hold a dataset."""
    projects = [
        {
            "kind": "bigquery#project",
            "id": name,
            "projectReference": {"projectId": name},
            "friendlyName": name,
        }
        for name in warehouse.catalog.projects()
    ]
    page = call.page(projects, "projects")
    return {"kind": "bigquery#projectList", "totalItems": len(projects), **page}


def insert_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.insert`."""
    reference = DatasetReference.from_rest(call.body.get("datasetReference", {}), call.project)
    with warehouse.engine.write() as transaction:
        return create_dataset(warehouse, transaction, reference, call.body)


def get_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.get`."""
    return warehouse.catalog.dataset(call.dataset)


def list_datasets(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.list`: what a list tells of each; names with an underscore first are hidden."""
    wanted = read_filter(call.query.get("filter", ""))
    datasets = [
        {key: dataset[key] for key in _LISTED if key in dataset}
        for dataset in warehouse.catalog.datasets(call.project)
        if call.flag("all") or not dataset["datasetReference"]["datasetId"].startswith("_")
        if has_labels(dataset, wanted)
    ]
    return {"kind": "bigquery#datasetList", **call.page(datasets, "datasets")}


def patch_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.patch`."""
    with warehouse.engine.write() as transaction:
        return change_dataset(warehouse, transaction, call.dataset, call.body, call.if_match)


def update_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.update`, whose body names every field that stays."""
    with warehouse.engine.write() as transaction:
        patch = as_patch(warehouse.catalog.dataset(call.dataset), call.body)
        return change_dataset(warehouse, transaction, call.dataset, patch, call.if_match)


def remove_dataset(warehouse: Warehouse, call: Call) -> None:
    """`datasets.delete`."""
    contents = call.flag("deleteContents")
    with warehouse.engine.write() as transaction:
        check_etag(warehouse.catalog.dataset(call.dataset), call.if_match)
        delete_dataset(warehouse, transaction, call.dataset, with_contents=contents)
