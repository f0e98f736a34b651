"""`projects.list` and the `datasets` resource."""

from typing import Any

from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.references import DatasetReference
from analytics_local_cloud.warehouse.operations.dataset_changes import (
    change_dataset,
    create_dataset,
    delete_dataset,
)
from analytics_local_cloud.warehouse.web.calls import Call


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
    return {"kind": "bigquery#projectList", **call.page(projects, "projects")}


def insert_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.insert`."""
    reference = DatasetReference.from_rest(call.body.get("datasetReference", {}), call.project)
    with warehouse.engine.write() as transaction:
        return create_dataset(warehouse, transaction, reference, call.body)


def get_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.get`."""
    return warehouse.catalog.dataset(call.dataset)


def list_datasets(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.list`."""
    datasets = warehouse.catalog.datasets(call.project)
    return {"kind": "bigquery#datasetList", **call.page(datasets, "datasets")}


def patch_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.patch`, and `datasets.update`, whose body names every field that stays."""
    with warehouse.engine.write() as transaction:
        return change_dataset(warehouse, transaction, call.dataset, call.body, call.if_match)


def remove_dataset(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`datasets.delete`."""
    contents = call.flag("deleteContents")
    with warehouse.engine.write() as transaction:
        delete_dataset(warehouse, transaction, call.dataset, with_contents=contents)
    return {}
