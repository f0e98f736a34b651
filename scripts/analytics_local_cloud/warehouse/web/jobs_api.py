"""The `jobs` resource: insert, query, results, list. Jobs are done when they are answered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.jobs.job_execution import Execution, execute
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord, JobReference
from analytics_local_cloud.warehouse.jobs.query_results import read_page, rest_rows, result_columns
from analytics_local_cloud.warehouse.operations.loads import run_load
from analytics_local_cloud.warehouse.operations.query_jobs import run_query
from analytics_local_cloud.warehouse.web.calls import Call

_DEFAULT_PAGE_ROWS = 10_000
_JOB_KINDS = ("query", "load", "copy", "extract")
_QUERY_KEYS = ("query", "useLegacySql", "defaultDataset", "queryParameters", "parameterMode")


def insert_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.insert`: runs the job; its failure is part of the job, not of the answer."""
    return start_job(warehouse, call.project, call.body)


def start_job(
    warehouse: Warehouse, project: str, body: Mapping[str, Any], upload: Path | None = None
) -> dict[str, Any]:
    """Run the job of a `Job` message, over an uploaded file if there is one."""
    configuration = body.get("configuration") or {}
    reference = JobReference.from_rest(body.get("jobReference") or {}, project)
    kind = next((name for name in _JOB_KINDS if name in configuration), None)
    if kind is None:
        raise ApiError("invalid", "Required parameter is missing: configuration")
    execution = _execution(warehouse, reference, configuration, kind.upper())
    if kind == "query":
        return run_query(warehouse, execution).resource
    if kind == "load":
        return run_load(warehouse, execution, upload).resource
    return execute(warehouse.engine, execution, _refuse).resource


def _refuse(_session: object) -> JobRecord:
    raise unsupported("copy and extract jobs")


def query(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.query`: runs a query and answers with its first page; a failure is the answer."""
    body = call.body
    configuration = {
        "query": {key: body[key] for key in _QUERY_KEYS if key in body},
        "labels": body.get("labels") or {},
        **({"dryRun": True} if body.get("dryRun") else {}),
    }
    reference = JobReference.from_rest({"location": body.get("location")}, call.project)
    record = run_query(warehouse, _execution(warehouse, reference, configuration, "QUERY"))
    record.raise_error()
    limit = int(body.get("maxResults") or _DEFAULT_PAGE_ROWS)
    int64 = bool((body.get("formatOptions") or {}).get("useInt64Timestamp"))
    page = _page(warehouse, record, None, limit, int64_timestamps=int64)
    return {**page, "kind": "bigquery#queryResponse"}


def get_query_results(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.getQueryResults`; a failed job answers with its error."""
    record = warehouse.jobs.get(call.project, call.path["job"])
    record.raise_error()
    limit = call.number("maxResults", _DEFAULT_PAGE_ROWS)
    int64 = call.flag("formatOptions.useInt64Timestamp")
    token = call.query.get("pageToken")
    skip = 0 if token else call.number("startIndex", 0)
    page = _page(warehouse, record, token, limit, skip=skip, int64_timestamps=int64)
    return {**page, "kind": "bigquery#getQueryResultsResponse"}


def get_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.get`."""
    return warehouse.jobs.get(call.project, call.path["job"]).resource


def list_jobs(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.list`, newest first."""
    limit, start = call.number("maxResults", 50), call.number("pageToken", 0)
    records = warehouse.jobs.list(call.project, limit + 1, start)
    jobs = [{**record.resource, "state": "DONE"} for record in records[:limit]]
    token = {"nextPageToken": str(start + limit)} if len(records) > limit else {}
    return {"kind": "bigquery#jobList", "jobs": jobs, **token}


def cancel_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.cancel`: jobs are done already, so nothing happens."""
    return {"kind": "bigquery#jobCancelResponse", "job": get_job(warehouse, call)}


def _execution(
    warehouse: Warehouse, reference: JobReference, configuration: Mapping[str, Any], kind: str
) -> Execution:
    complete = {**configuration, "jobType": kind}
    return Execution(warehouse.jobs, reference, complete, warehouse.jobs.now())


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
        "totalBytesProcessed": "0",
        "cacheHit": False,
    }
    statistics = resource["statistics"].get("query", {})
    if "numDmlAffectedRows" in statistics:
        answer["numDmlAffectedRows"] = statistics["numDmlAffectedRows"]
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
