"""Every method that is served: its route, its parameters, its body.

The routes of the application and the discovery document are made of this table.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.web import (
    datasets_api,
    empty_collections,
    jobs_api,
    queries_api,
    tables_api,
)
from analytics_local_cloud.warehouse.web.calls import Handler, endpoint
from analytics_local_cloud.warehouse.web.known import request_bodies as bodies
from analytics_local_cloud.warehouse.web.known import request_parameters as parameters
from analytics_local_cloud.warehouse.web.known.messages import Message


@dataclass(frozen=True)
class Method:
    """A method as the discovery document names it; `path` is below `/bigquery/v2`.

    `query` are its own parameters, besides those of any method; `body` is its message, if it has
    one; `serve` is the endpoint.
    """

    name: str
    verb: str
    path: str
    serve: Callable[[Request], Awaitable[Response]]
    query: Message = field(default_factory=dict)
    body: Message | None = None


def _method(
    name: str,
    route: str,
    handler: Handler,
    query: Message | None = None,
    body: Message | None = None,
) -> Method:
    verb, _, path = route.partition(" ")
    message = {**parameters.ANY_METHOD, **(query or {})}
    root = _ROOTS.get(name.partition(".")[0], "")
    serve = endpoint(handler, message, body or {}, "query_request" if "query" in name else root)
    return Method(name, verb, path, serve, query or {}, body)


_ROOTS = {"datasets": "dataset", "tables": "table", "jobs": "job"}  # BigQuery's names of bodies
_PROJECT = "/projects/{project}"
_DATASETS = _PROJECT + "/datasets"
_DATASET = _DATASETS + "/{dataset}"
_TABLES = _DATASET + "/tables"
_TABLE = _TABLES + "/{table}"
_JOBS = _PROJECT + "/jobs"
_JOB = _JOBS + "/{job}"
_QUERIES = _PROJECT + "/queries"
METHODS = (
    _method("projects.list", "GET /projects", datasets_api.list_projects, parameters.PAGES),
    _method(
        *("datasets.insert", f"POST {_DATASETS}", datasets_api.insert_dataset),
        *(parameters.ACCESS, bodies.DATASET),
    ),
    _method(
        "datasets.list", f"GET {_DATASETS}", datasets_api.list_datasets, parameters.DATASET_PAGES
    ),
    _method("datasets.get", f"GET {_DATASET}", datasets_api.get_dataset, parameters.DATASET_VIEW),
    _method(
        *("datasets.patch", f"PATCH {_DATASET}", datasets_api.patch_dataset),
        *(parameters.DATASET_UPDATE, bodies.DATASET),
    ),
    _method(
        *("datasets.update", f"PUT {_DATASET}", datasets_api.update_dataset),
        *(parameters.DATASET_UPDATE, bodies.DATASET),
    ),
    _method(
        "datasets.delete", f"DELETE {_DATASET}", datasets_api.remove_dataset, parameters.DELETION
    ),
    _method("tables.insert", f"POST {_TABLES}", tables_api.insert_table, body=bodies.TABLE),
    _method("tables.list", f"GET {_TABLES}", tables_api.list_tables, parameters.PAGES),
    _method("tables.get", f"GET {_TABLE}", tables_api.get_table, parameters.TABLE_VIEW),
    _method(
        *("tables.patch", f"PATCH {_TABLE}", tables_api.patch_table),
        *(parameters.TABLE_UPDATE, bodies.TABLE),
    ),
    _method(
        *("tables.update", f"PUT {_TABLE}", tables_api.update_table),
        *(parameters.TABLE_UPDATE, bodies.TABLE),
    ),
    _method("tables.delete", f"DELETE {_TABLE}", tables_api.remove_table),
    _method("tabledata.list", f"GET {_TABLE}/data", tables_api.list_data, parameters.TABLE_ROWS),
    Method(
        *("tabledata.insertAll", "POST", f"{_TABLE}/insertAll", tables_api.insert_all),
        body=bodies.INSERT_ALL,
    ),
    _method("jobs.insert", f"POST {_JOBS}", jobs_api.insert_job, body=bodies.JOB),
    _method("jobs.list", f"GET {_JOBS}", jobs_api.list_jobs, parameters.JOB_LIST),
    _method("jobs.get", f"GET {_JOB}", jobs_api.get_job, parameters.ONE_JOB),
    _method("jobs.cancel", f"POST {_JOB}/cancel", jobs_api.cancel_job, parameters.ONE_JOB),
    _method("jobs.delete", f"DELETE {_JOB}/delete", jobs_api.delete_job, parameters.ONE_JOB),
    _method("jobs.query", f"POST {_QUERIES}", queries_api.query, body=bodies.QUERY_REQUEST),
    _method(
        *("jobs.getQueryResults", f"GET {_QUERIES}/{{job}}", queries_api.get_query_results),
        parameters.RESULT_ROWS,
    ),
    _method(
        *("routines.list", f"GET {_DATASET}/routines", empty_collections.list_nothing),
        parameters.ROUTINE_PAGES,
    ),
    _method(
        *("rowAccessPolicies.list", f"GET {_TABLE}/rowAccessPolicies"),
        *(empty_collections.list_no_policies, parameters.POLICY_PAGES),
    ),
    Method("routines.insert", "POST", f"{_DATASET}/routines", empty_collections.create_nothing),
    *(
        _method(
            *(f"{name}s.{verb.lower()}", f"{verb} {_DATASET}/{name}s/{{{name}}}"),
            *(empty_collections.find_nothing, parameters.NO_ROUTINE),
        )
        for name in ("routine", "model")
        for verb in ("GET", "DELETE")
    ),
    _method(
        "models.list", f"GET {_DATASET}/models", empty_collections.list_nothing, parameters.PAGES
    ),
)
