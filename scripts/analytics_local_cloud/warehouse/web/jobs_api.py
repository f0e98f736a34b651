"""The `jobs` resource. Jobs are done when they are answered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, not_found, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.jobs.job_execution import Execution
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord, JobReference
from analytics_local_cloud.warehouse.operations.loads import run_load
from analytics_local_cloud.warehouse.operations.query_jobs import run_query
from analytics_local_cloud.warehouse.web.calls import Call
from analytics_local_cloud.warehouse.web.known.messages import read
from analytics_local_cloud.warehouse.web.known.request_bodies import JOB

_END_OF_TIME = 2**63 - 1
_JOB_KINDS = ("query", "load")


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
    execution = execution_of(warehouse, reference, configuration, kind.upper())
    if kind == "query":
        return run_query(warehouse, execution).resource
    if configuration.get("dryRun"):
        raise unsupported("configuration.dryRun of a load job")
    return run_load(warehouse, execution, upload).resource


def get_job(warehouse: Warehouse, call: Call) -> dict[str, Any]:
    """`jobs.get`."""
    return find_job(warehouse, call).resource


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
        find_job(warehouse, call)
        warehouse.jobs.delete(transaction, call.project, call.path["job"])
    return {}


def find_job(warehouse: Warehouse, call: Call) -> JobRecord:
    """Return the job of the path; raises `ApiError` (notFound) in another location, too."""
    record = warehouse.jobs.get(call.project, call.path["job"])
    place, known = call.query.get("location"), record.resource["jobReference"]["location"]
    if place and place.casefold() != known.casefold():
        raise not_found("Job", f"{call.project}:{place}.{call.path['job']}")
    return record


def execution_of(
    warehouse: Warehouse, reference: JobReference, configuration: Mapping[str, Any], kind: str
) -> Execution:
    """Return a run of a job that begins now; `kind` is its `jobType`."""
    complete = {**configuration, "jobType": kind}
    return Execution(warehouse.jobs, reference, complete, warehouse.jobs.now())
