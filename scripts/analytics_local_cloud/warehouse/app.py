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
from analytics_local_cloud.warehouse.web.calls import json_response
from analytics_local_cloud.warehouse.web.discovery import serve_discovery
from analytics_local_cloud.warehouse.web.load_uploads import continue_upload, start_upload
from analytics_local_cloud.warehouse.web.methods import METHODS

_THREADS = 4
_TRANSIENT = (OSError, duckdb.IOException, duckdb.TransactionException, duckdb.InterruptException)


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
            **dict.fromkeys(_TRANSIENT, _fail),
            HTTPException: _refuse_route,
            Exception: _break,
        },
    )
    app.state.warehouse, app.state.pool = warehouse, pool
    return app


def _routes() -> list[Route | Mount]:
    api = [Route(method.path, method.serve, methods=[method.verb]) for method in METHODS]
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
    """Answer for the disk, or for two writers that met: another attempt may succeed."""
    error = ApiError("backendError", f"The warehouse failed: {exc}")
    return json_response(error.body, error.status)


async def _break(_request: Request, exc: Exception) -> Response:
    """Answer for what was not foreseen, which no retry mends; the server logs its traceback.

    Clients retry both 503 and `internalError` for minutes.
    """
    error = unsupported(f"this request: it failed with {type(exc).__name__}: {exc}")
    return json_response(error.body, error.status)


async def _refuse_route(request: Request, _exc: Exception) -> Response:
    error = unsupported(f"{request.method} {request.url.path}")
    return json_response(error.body, error.status)
