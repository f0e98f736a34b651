"""Resources that cannot be created here: their lists are empty."""

from typing import Any

from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.web.calls import Call


def list_nothing(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`routines.list` and `models.list` of a dataset; raises `ApiError` (notFound)."""
    warehouse.catalog.dataset(call.dataset)
    return {}


def list_no_policies(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`rowAccessPolicies.list` of a table; raises `ApiError` (notFound)."""
    warehouse.catalog.table(call.table)
    return {}
