"""Resources that cannot be created here: there are none, so none is found."""

from typing import Any, NoReturn

from starlette.requests import Request

from analytics_local_cloud.warehouse.api_errors import not_found, unsupported
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


def find_nothing(warehouse: Warehouse, call: Call) -> NoReturn:
    """`get` and `delete` of a routine or a model; raises `ApiError` (notFound)."""
    warehouse.catalog.dataset(call.dataset)
    kind = "Routine" if "routine" in call.path else "Model"
    raise not_found(kind, f"{call.dataset.label}.{call.path[kind.lower()]}")


async def create_nothing(_request: Request) -> NoReturn:
    """`routines.insert`; raises `ApiError` (notImplemented)."""
    raise unsupported("routines")
