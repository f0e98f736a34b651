"""Running a job to its end, whatever its kind: an outcome is always recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.engine import Engine, Transaction, memory_errors
from analytics_local_cloud.warehouse.catalog.references import TableReference
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord, JobReference, Jobs
from analytics_local_cloud.warehouse.jobs.time_limit import time_limit


@dataclass(frozen=True)
class Execution:
    """One run of a job; `finish` records it in the transaction that holds its effect."""

    jobs: Jobs
    reference: JobReference
    configuration: Mapping[str, Any]
    started: int

    def finish(
        self,
        transaction: Transaction,
        statistics: Mapping[str, Any],
        *,
        errors: Sequence[ApiError] = (),
        modified: TableReference | None = None,
        schema: dict[str, Any] | None = None,
        total_rows: int = 0,
    ) -> JobRecord:
        """Record success; `errors` are those that did not stop the job (bad records)."""
        status = {"state": "DONE", **_errors(errors)}
        record = JobRecord(self.resource(statistics, status), schema, total_rows)
        self.jobs.save(transaction, self.reference, record, modified)
        return record

    def fail(
        self, transaction: Transaction, error: ApiError, modified: TableReference | None
    ) -> JobRecord:
        """Record that `error` ended the job; a failed job counts against its table, too."""
        status = {"state": "DONE", "errorResult": error.proto, **_errors([error])}
        record = JobRecord(self.resource({}, status))
        self.jobs.save(transaction, self.reference, record, modified)
        return record

    def resource(self, statistics: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `Job` message."""
        reference = self.reference
        times = {
            "creationTime": str(self.started),
            "startTime": str(self.started),
            "endTime": str(self.jobs.now()),
        }
        processed = statistics.get("query", {}).get("totalBytesProcessed", "0")
        return {
            "kind": "bigquery#job",
            "id": reference.label,
            "jobReference": {
                "projectId": reference.project,
                "jobId": reference.job,
                "location": reference.location,
            },
            "configuration": self.configuration,
            "status": status,
            "statistics": {**times, "totalBytesProcessed": processed, **statistics},
            "user_email": "local@localhost",
        }


def execute(
    engine: Engine,
    execution: Execution,
    work: Callable[[duckdb.DuckDBPyConnection], JobRecord],
    modified: TableReference | None = None,
) -> JobRecord:
    """Run `work` in a session of its own under the job's id, and record a refusal as failure.

    Raises `ApiError` (duplicate) when the id is taken: then nothing runs.
    """
    with execution.jobs.running(execution.reference), engine.large_session() as session:
        try:
            limit = int(execution.configuration.get("jobTimeoutMs") or 0)
            with memory_errors(), time_limit(session, limit):
                return work(session)
        except ApiError as error:
            with engine.write() as transaction:
                return execution.fail(transaction, error, modified)


def _errors(errors: Sequence[ApiError]) -> dict[str, Any]:
    return {"errors": [error.proto for error in errors]} if errors else {}
