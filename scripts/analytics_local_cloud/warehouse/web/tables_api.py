"""The `tables` and `tabledata` resources."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.catalog.rest_resources import as_patch, check_etag
from analytics_local_cloud.warehouse.inserts.insert_all import MAX_REQUEST_BYTES
from analytics_local_cloud.warehouse.jobs.query_results import page_of, rest_rows
from analytics_local_cloud.warehouse.operations.table_changes import (
    change_table,
    create_table,
    delete_table,
)
from analytics_local_cloud.warehouse.queries.fetching import fetch
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.web.calls import Call, json_response, read_body, warehouse_of
from analytics_local_cloud.warehouse.web.column_selection import select_columns, select_fields
from analytics_local_cloud.warehouse.web.known.messages import check_query
from analytics_local_cloud.warehouse.web.known.request_parameters import ANY_METHOD

_DEFAULT_PAGE_ROWS = 10_000
_QUICK_BYTES = 64 * 1024
_LISTED = [
    "kind",
    "id",
    "tableReference",
    "type",
    "creationTime",
    "labels",
    "timePartitioning",
    "clustering",
    "view",
]


def insert_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.insert`."""
    body = {"projectId": call.project, "datasetId": call.path["dataset"]}
    body |= call.body.get("tableReference", {})
    reference = TableReference.from_rest(body, call.project)
    with warehouse.engine.write() as transaction:
        return create_table(warehouse, transaction, reference, call.body).resource


def get_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.get`, with the current number of rows, or without (`view=BASIC`).

    The size in bytes is left out: it takes reading the whole table.
    """
    entry = warehouse.catalog.table(call.table)
    resource = {**entry.resource}
    if "schema" in resource:
        fields = select_fields(resource["schema"].get("fields", ()), call.selected)
        resource["schema"] = {**resource["schema"], "fields": fields}
    if entry.kind != "TABLE" or call.query.get("view") == "BASIC":
        return resource
    return {**resource, "numRows": str(_count(warehouse, entry))}


def list_tables(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.list`."""
    tables = [
        {key: entry.resource[key] for key in _LISTED if key in entry.resource}
        for entry in warehouse.catalog.tables(call.dataset)
    ]
    page = call.page(tables, "tables")
    return {"kind": "bigquery#tableList", "totalItems": len(tables), **page}


def patch_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.patch`."""
    with warehouse.engine.write() as transaction:
        return change_table(warehouse, transaction, call.table, call.body, call.if_match).resource


def update_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.update`, whose body names every field that stays."""
    with warehouse.engine.write() as transaction:
        patch = as_patch(warehouse.catalog.table(call.table).resource, call.body)
        return change_table(warehouse, transaction, call.table, patch, call.if_match).resource


def remove_table(warehouse: Warehouse, call: Call) -> None:
    """`tables.delete`."""
    with warehouse.engine.write() as transaction:
        check_etag(warehouse.catalog.table(call.table).resource, call.if_match)
        delete_table(warehouse, transaction, call.table)


def list_data(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tabledata.list`: the rows of a table in the order of their storage."""
    entry = warehouse.catalog.table(call.table)
    if entry.kind != "TABLE":
        raise ApiError("invalid", f"Cannot list a table of type {entry.kind}.")
    columns = select_columns(entry.columns, call.selected)
    start = call.number("pageToken", 0) or call.number("startIndex", 0)
    limit = min(call.number("maxResults", _DEFAULT_PAGE_ROWS), _DEFAULT_PAGE_ROWS)
    rows = _read(warehouse, entry.reference, columns, f"LIMIT {limit} OFFSET {start}")
    total, end = _count(warehouse, entry), start + len(rows)
    return {
        "kind": "bigquery#tableDataList",
        "totalRows": str(total),
        "rows": rest_rows(rows, columns, int64_timestamps=call.int64_timestamps),
        **({"pageToken": str(end)} if end < total and (rows or not limit) else {}),
    }


def _read(
    warehouse: Warehouse, table: TableReference, columns: Sequence[Column], portion: str
) -> list[list[Any]]:
    """Return rows of a table, as far as they fill a page; none of a table without columns."""
    if not columns:
        return []
    names = ", ".join(f"{quote(c.name)} AS c{index}" for index, c in enumerate(columns))
    source = f"(SELECT {names} FROM {table.physical} {portion})"  # noqa: S608 - quoted names
    with warehouse.engine.large_session() as session:
        return page_of(fetch(session, source, columns), columns)


async def insert_all(request: Request) -> Response:
    """`tabledata.insertAll`; small requests are served on the event loop, quicker than a thread."""
    warehouse = warehouse_of(request)
    if request.url.query:
        check_query(ANY_METHOD, request.query_params.multi_items())
    body = await read_body(request, MAX_REQUEST_BYTES)
    reference = TableReference.from_rest(
        {"datasetId": request.path_params["dataset"], "tableId": request.path_params["table"]},
        request.path_params["project"],
    )
    entry = warehouse.catalog.table(reference)
    if len(body) <= _QUICK_BYTES and not warehouse.appender.is_behind:
        return json_response(warehouse.streamer.insert_all(entry, body))
    return json_response(await asyncio.to_thread(_insert_patiently, warehouse, entry, body))


def _insert_patiently(warehouse: Warehouse, entry: TableEntry, body: bytes) -> dict[str, Any]:
    """Insert once what waits to be stored is little enough to stay in memory."""
    if warehouse.appender.is_behind:
        warehouse.appender.flush()
    return warehouse.streamer.insert_all(entry, body)


def _count(warehouse: Warehouse, entry: TableEntry) -> int:
    with warehouse.engine.session() as session:
        row = session.execute(f"SELECT count(*) FROM {entry.reference.physical}").fetchone()  # noqa: S608 - quoted
    return int(row[0]) if row else 0
