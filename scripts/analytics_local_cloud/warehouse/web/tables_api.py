"""The `tables` and `tabledata` resources."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.inserts.insert_all import MAX_REQUEST_BYTES
from analytics_local_cloud.warehouse.jobs.query_results import page_of, rest_rows
from analytics_local_cloud.warehouse.operations.table_changes import (
    change_table,
    create_table,
    delete_table,
)
from analytics_local_cloud.warehouse.queries.engines import fetch
from analytics_local_cloud.warehouse.web.calls import Call, json_response, read_body, warehouse_of

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
    """`tables.get`, with the current number of rows."""
    entry = warehouse.catalog.table(call.table)
    if entry.kind != "TABLE":
        return entry.resource
    return {**entry.resource, "numRows": str(_count(warehouse, entry)), "numBytes": "0"}


def list_tables(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.list`."""
    tables = [
        {key: entry.resource[key] for key in _LISTED if key in entry.resource}
        for entry in warehouse.catalog.tables(call.dataset)
    ]
    page = call.page(tables, "tables")
    return {"kind": "bigquery#tableList", "totalItems": len(tables), **page}


def patch_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.patch`, and `tables.update`, whose body names every field that stays."""
    with warehouse.engine.write() as transaction:
        return change_table(warehouse, transaction, call.table, call.body, call.if_match).resource


def remove_table(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tables.delete`."""
    with warehouse.engine.write() as transaction:
        delete_table(warehouse, transaction, call.table)
    return {}


def list_data(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`tabledata.list`: the rows of a table in the order of their storage."""
    entry = warehouse.catalog.table(call.table)
    if entry.kind != "TABLE":
        raise ApiError("invalid", f"Cannot list a table of type {entry.kind}.")
    wanted = {name.casefold() for name in call.query.get("selectedFields", "").split(",") if name}
    if any("." in name for name in wanted):
        raise unsupported("selectedFields within a RECORD")
    columns = [c for c in entry.columns if not wanted or c.name.casefold() in wanted]
    start = call.number("pageToken", 0) or call.number("startIndex", 0)
    limit = min(call.number("maxResults", _DEFAULT_PAGE_ROWS), _DEFAULT_PAGE_ROWS)
    names = ", ".join(f"{quote(c.name)} AS c{index}" for index, c in enumerate(columns))
    source = f"(SELECT {names} FROM {entry.reference.physical} LIMIT {limit} OFFSET {start})"  # noqa: S608 - quoted names
    with warehouse.engine.large_session() as session:
        rows = page_of(fetch(session, source, columns), columns)
    total, end = _count(warehouse, entry), start + len(rows)
    int64 = call.flag("formatOptions.useInt64Timestamp")
    return {
        "kind": "bigquery#tableDataList",
        "totalRows": str(total),
        "rows": rest_rows(rows, columns, int64_timestamps=int64),
        **({"pageToken": str(end)} if rows and end < total else {}),
    }


async def insert_all(request: Request) -> Response:
    """`tabledata.insertAll`; small requests are served on the event loop, quicker than a thread."""
    warehouse = warehouse_of(request)
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
