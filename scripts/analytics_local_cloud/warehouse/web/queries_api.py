"""`jobs.query` and `jobs.getQueryResults`: rows, a page at a time."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.jobs.job_execution import Execution
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord, JobReference
from analytics_local_cloud.warehouse.jobs.query_results import read_page, rest_rows, result_columns
from analytics_local_cloud.warehouse.operations.query_jobs import run_query
from analytics_local_cloud.warehouse.web.calls import Call
from analytics_local_cloud.warehouse.web.jobs_api import execution_of, find_job
from analytics_local_cloud.warehouse.web.known.request_bodies import QUERY

_DEFAULT_PAGE_ROWS = 10_000
_TOLD_OF_CHANGES = ("numDmlAffectedRows", "dmlStats")
_REQUEST_ID_MS = 15 * 60 * 1000  # "requestId" in the QueryRequest reference


def query(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.query`: runs a query and answers with its first page; a failure is the answer.

    A request that repeats another one's `requestId` within 15 minutes runs nothing.
    """
    body = call.body
    configuration = {
        "query": {key: body[key] for key in QUERY if body.get(key) is not None},
        "labels": body.get("labels") or {},
        **{key: body[key] for key in ("dryRun", "jobTimeoutMs") if body.get(key)},
    }
    repeatable = _repeatable_id(call.project, body)
    named = {"location": body.get("location"), "jobId": repeatable}
    reference = JobReference.from_rest(named, call.project)
    execution = execution_of(warehouse, reference, configuration, "QUERY")
    record = _run_once(warehouse, execution) if repeatable else run_query(warehouse, execution)
    record.raise_error()
    options = body.get("formatOptions") or {}
    int64 = options.get("useInt64Timestamp") or options.get("timestampOutputFormat") == "INT64"
    limit = body.get("maxResults")
    page = _page(
        *(warehouse, record, None, _DEFAULT_PAGE_ROWS if limit is None else int(limit)),
        int64_timestamps=bool(int64),
    )
    return {**page, "kind": "bigquery#queryResponse"}


def _run_once(warehouse: Warehouse, execution: Execution) -> JobRecord:
    """Run a query, unless the same request runs, or ran lately: then return what came of it."""
    recent = warehouse.jobs.find_recent(execution.reference, _REQUEST_ID_MS)
    try:
        return recent or run_query(warehouse, execution)
    except ApiError as error:
        recent = warehouse.jobs.find_recent(execution.reference, _REQUEST_ID_MS)
        if error.reason != "duplicate" or recent is None:
            raise
        return recent  # it came at the same moment


def _repeatable_id(project: str, body: Mapping[str, Any]) -> str | None:
    """Return an id that the same request has again, if it says what makes it the same."""
    if not body.get("requestId") or body.get("dryRun"):
        return None
    same = {key: body.get(key) for key in ("requestId", *QUERY)}
    text = msgspec.json.encode([project, same], order="deterministic")
    return f"job_{hashlib.sha256(text).hexdigest()[:32]}"


def get_query_results(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.getQueryResults`; a failed job answers with its error."""
    record = find_job(warehouse, call)
    record.raise_error()
    limit = call.number("maxResults", _DEFAULT_PAGE_ROWS)
    token = call.query.get("pageToken")
    skip = 0 if token else call.number("startIndex", 0)
    page = _page(warehouse, record, token, limit, skip=skip, int64_timestamps=call.int64_timestamps)
    return {**page, "kind": "bigquery#getQueryResultsResponse"}


def _page(
    warehouse: Warehouse,
    record: JobRecord,
    token: str | None,
    limit: int,
    *,
    int64_timestamps: bool,
    skip: int = 0,
) -> dict[str, Any]:
    resource = record.resource
    answer: dict[str, Any] = {
        "jobReference": resource["jobReference"],
        "jobComplete": True,
        "totalBytesProcessed": resource["statistics"]["totalBytesProcessed"],
        "cacheHit": False,
    }
    statistics = resource["statistics"].get("query", {})
    answer |= {key: statistics[key] for key in _TOLD_OF_CHANGES if key in statistics}
    if record.schema is None:
        return {**answer, **({"schema": statistics["schema"]} if "schema" in statistics else {})}
    reference = resource["jobReference"]
    path = warehouse.jobs.result_path(JobReference(reference["projectId"], reference["jobId"], ""))
    if not path.exists():
        raise ApiError("notFound", f"Not found: the results of job {resource['id']} are gone")
    if token is not None and not token.isdecimal():
        raise ApiError("invalid", f"Invalid page token {token}", "pageToken")
    page = read_page(path, token, limit, skip=skip)
    columns = result_columns(record.schema)
    return {
        **answer,
        "schema": record.schema,
        "totalRows": str(record.total_rows),
        "rows": rest_rows(page.rows, columns, int64_timestamps=int64_timestamps),
        **({"pageToken": page.next_token} if page.next_token else {}),
    }
