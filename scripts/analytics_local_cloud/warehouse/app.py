"""The application: routes, threads, errors as JSON."""

import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import duckdb
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader
from analytics_local_cloud.warehouse.inserts.streaming_buffer import STREAMING_BUFFER_SECONDS
from analytics_local_cloud.warehouse.web import datasets_api, jobs_api, tables_api
from analytics_local_cloud.warehouse.web.calls import endpoint, json_response
from analytics_local_cloud.warehouse.web.discovery import serve_discovery
from analytics_local_cloud.warehouse.web.load_uploads import continue_upload, start_upload

_THREADS = 4
_DATASET = "/projects/{project}/datasets/{dataset}"
_TABLE = _DATASET + "/tables/{table}"
_JOB = "/projects/{project}/jobs/{job}"
_HANDLERS = [
    ("GET", "/projects", datasets_api.list_projects),
    ("POST", "/projects/{project}/datasets", datasets_api.insert_dataset),
    ("GET", "/projects/{project}/datasets", datasets_api.list_datasets),
    ("GET", _DATASET, datasets_api.get_dataset),
    ("PATCH", _DATASET, datasets_api.patch_dataset),
    ("PUT", _DATASET, datasets_api.patch_dataset),
    ("DELETE", _DATASET, datasets_api.remove_dataset),
    ("POST", _DATASET + "/tables", tables_api.insert_table),
    ("GET", _DATASET + "/tables", tables_api.list_tables),
    ("GET", _TABLE, tables_api.get_table),
    ("PATCH", _TABLE, tables_api.patch_table),
    ("PUT", _TABLE, tables_api.patch_table),
    ("DELETE", _TABLE, tables_api.remove_table),
    ("GET", _TABLE + "/data", tables_api.list_data),
    ("POST", "/projects/{project}/jobs", jobs_api.insert_job),
    ("GET", "/projects/{project}/jobs", jobs_api.list_jobs),
    ("GET", _JOB, jobs_api.get_job),
    ("POST", _JOB + "/cancel", jobs_api.cancel_job),
    ("POST", "/projects/{project}/queries", jobs_api.query),
    ("GET", "/projects/{project}/queries/{job}", jobs_api.get_query_results),
]


def create_app(
    root: Path,
    objects: ObjectReader,
    clock: Callable[[], float] = time.time,
    buffer_seconds: float = STREAMING_BUFFER_SECONDS,
) -> Starlette:
    """Return the warehouse's application over the state in `root`.

    `objects` gives load jobs and external tables what Cloud Storage holds; `clock` and
    `buffer_seconds` are as in Warehouse.
    """
    warehouse = Warehouse(root, objects, clock, buffer_seconds)
    pool = ThreadPoolExecutor(_THREADS, "warehouse")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        pool.shutdown()
        warehouse.close()

    app = Starlette(
        routes=_routes(),
        lifespan=lifespan,
        exception_handlers={
            ApiError: _refuse,
            duckdb.Error: _fail,
            OSError: _fail,
            HTTPException: _refuse_route,
            Exception: _break,
        },
    )
    app.state.warehouse, app.state.pool = warehouse, pool
    return app


def _routes() -> list[Route | Mount]:
    api = [Route(_TABLE + "/insertAll", tables_api.insert_all, methods=["POST"])]
    api += [Route(path, endpoint(handler), methods=[verb]) for verb, path, handler in _HANDLERS]
    uploads = [
        Route("/projects/{project}/jobs", start_upload, methods=["POST"]),
        Route("/projects/{project}/jobs", continue_upload, methods=["PUT"]),
    ]
    return [
        Mount("/bigquery/v2", routes=api),
        Mount("/upload/bigquery/v2", routes=uploads),
        Mount("/resumable/upload/bigquery/v2", routes=uploads),
        Route("/$discovery/rest", serve_discovery),
        Route("/discovery/v1/apis/bigquery/v2/rest", serve_discovery),
    ]


async def _refuse(_request: Request, exc: Exception) -> Response:
    error = exc if isinstance(exc, ApiError) else unsupported(str(exc))
    return json_response(error.body, error.status)


async def _fail(_request: Request, exc: Exception) -> Response:
    error = ApiError("backendError", f"The warehouse failed: {exc}")
    return json_response(error.body, error.status)


async def _break(_request: Request, exc: Exception) -> Response:
    """Answer for a defect of ours; the server logs its traceback."""
    error = ApiError("internalError", f"The local warehouse broke: {exc!r}")
    return json_response(error.body, error.status)


async def _refuse_route(request: Request, _exc: Exception) -> Response:
    error = unsupported(f"{request.method} {request.url.path}")
    return json_response(error.body, error.status)
