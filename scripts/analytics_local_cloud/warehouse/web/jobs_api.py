"""The `jobs` resource. Jobs are done when they are answered."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, not_found, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.jobs.job_execution import Execution
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord, JobReference
from analytics_local_cloud.warehouse.jobs.query_results import read_page, rest_rows, result_columns
from analytics_local_cloud.warehouse.operations.loads import run_load
from analytics_local_cloud.warehouse.operations.query_jobs import run_query
from analytics_local_cloud.warehouse.web.calls import Call
from analytics_local_cloud.warehouse.web.known.messages import read
from analytics_local_cloud.warehouse.web.known.request_bodies import JOB, QUERY

_DEFAULT_PAGE_ROWS = 10_000
_TOLD_OF_CHANGES = ("numDmlAffectedRows", "dmlStats")
_END_OF_TIME = 2**63 - 1
_JOB_KINDS = ("query", "load")
_REQUEST_ID_MS = 15 * 60 * 1000  # "requestId" in the QueryRequest reference


def insert_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.insert`: runs the job; its failure is part of the job, not of the answer."""
    return _run(warehouse, call.project, call.body)


def start_job(
    warehouse: Warehouse, project: str, body: Mapping[str, Any], upload: Path | None = None
) -> dict[str, Any]:
    """Run the job of a `Job` message, over an uploaded file if there is one."""
    return _run(warehouse, project, read(JOB, body, "job"), upload)


def _run(
    warehouse: Warehouse, project: str, body: Mapping[str, Any], upload: Path | None = None
) -> dict[str, Any]:
    configuration = body.get("configuration") or {}
    reference = JobReference.from_rest(body.get("jobReference") or {}, project)
    kinds = [name for name in _JOB_KINDS if configuration.get(name) is not None]
    if len(kinds) != 1:
        raise ApiError("invalid", "Required parameter is missing: configuration of one kind")
    kind = kinds[0]
    execution = _execution(warehouse, reference, configuration, kind.upper())
    if kind == "query":
        return run_query(warehouse, execution).resource
    if configuration.get("dryRun"):
        raise unsupported("configuration.dryRun of a load job")
    return run_load(warehouse, execution, upload).resource


def query(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.query`: runs a query and answers with its first page; a failure is the answer.

    A request that repeats another one's `requestId` within 15 minutes runs nothing.
    """
    body = call.body
    configuration = {
        "query": {key: body[key] for key in QUERY if body.get(key) is not None},
        "labels": body.get("labels") or {},
        **({"dryRun": True} if body.get("dryRun") else {}),
    }
    repeatable = _repeatable_id(call.project, body)
    named = {"location": body.get("location"), "jobId": repeatable}
    reference = JobReference.from_rest(named, call.project)
    record = warehouse.jobs.find_recent(reference, _REQUEST_ID_MS) if repeatable else None
    if record is None:
        record = run_query(warehouse, _execution(warehouse, reference, configuration, "QUERY"))
    record.raise_error()
    options = body.get("formatOptions") or {}
    int64 = options.get("useInt64Timestamp") or options.get("timestampOutputFormat") == "INT64"
    limit = body.get("maxResults")
    page = _page(
        *(warehouse, record, None, _DEFAULT_PAGE_ROWS if limit is None else int(limit)),
        int64_timestamps=bool(int64),
    )
    return {**page, "kind": "bigquery#queryResponse"}


def _repeatable_id(project: str, body: Mapping[str, Any]) -> str | None:
    """Return an id that the same request has again, if it says what makes it the same."""
    if not body.get("requestId") or body.get("dryRun"):
        return None
    same = {key: body.get(key) for key in ("requestId", *QUERY)}
    text = msgspec.json.encode([project, same], order="deterministic")
    return f"job_{hashlib.sha256(text).hexdigest()[:32]}"


def get_query_results(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.getQueryResults`; a failed job answers with its error."""
    record = _find(warehouse, call)
    record.raise_error()
    limit = call.number("maxResults", _DEFAULT_PAGE_ROWS)
    token = call.query.get("pageToken")
    skip = 0 if token else call.number("startIndex", 0)
    page = _page(warehouse, record, token, limit, skip=skip, int64_timestamps=call.int64_timestamps)
    return {**page, "kind": "bigquery#getQueryResultsResponse"}


def get_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.get`."""
    return _find(warehouse, call).resource


def list_jobs(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.list`, newest first: all are done, and none has children."""
    limit, start = call.number("maxResults", 50), call.number("pageToken", 0)
    states = {state.upper() for state in call.query.getlist("stateFilter")} or {"DONE"}
    nothing = "DONE" not in states or call.query.get("parentJobId")
    created = (call.number("minCreationTime", 0), call.number("maxCreationTime", _END_OF_TIME))
    records = [] if nothing else warehouse.jobs.list(call.project, limit + 1, start, created)
    full = call.query.get("projection", "").upper() == "FULL"
    jobs = [_listed(record.resource, full=full) for record in records[:limit]]
    token = {"nextPageToken": str(start + limit)} if len(records) > limit else {}
    return {"kind": "bigquery#jobList", "jobs": jobs, **token}


def _listed(resource: Mapping[str, Any], *, full: bool) -> dict[str, Any]:
    """Return a job as lists tell it: `configuration` and `status` only in full."""
    error = resource["status"].get("errorResult")
    told = {**resource, "state": "DONE", **({"errorResult": error} if error else {})}
    return {k: v for k, v in told.items() if full or k not in {"configuration", "status"}}


def cancel_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.cancel`: jobs are done already, so nothing happens."""
    return {"kind": "bigquery#jobCancelResponse", "job": get_job(warehouse, call)}


def delete_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.delete`: forgets the job, and its rows."""
    with warehouse.engine.write() as transaction:
        _find(warehouse, call)
        warehouse.jobs.delete(transaction, call.project, call.path["job"])
    return {}


def _find(warehouse: Warehouse, call: Call) -> JobRecord:
    """Return the job of the path; raises `ApiError` (notFound) in another location, too."""
    record = warehouse.jobs.get(call.project, call.path["job"])
    place, known = call.query.get("location"), record.resource["jobReference"]["location"]
    if place and place.casefold() != known.casefold():
        raise not_found("Job", f"{call.project}:{place}.{call.path['job']}")
    return record


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
