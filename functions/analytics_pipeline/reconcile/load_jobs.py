"""Adapter: rows into BigQuery by load jobs, each of which runs once (REST reference, Job).

A job's id says what it loads. BigQuery runs an id once, so whoever comes second, after a crash or
at the same time, finds the first one's job instead of loading again.
"""

import io
from datetime import datetime
from typing import IO, cast

import msgspec
from google.api_core.exceptions import Conflict, GoogleAPICallError
from google.cloud import bigquery

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import PermanentLoadError, RequestRejected
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.rows import Row
from analytics_pipeline.load.warehouse import EVENTS_TABLE

_UPLOAD_SECONDS = 120.0
_JOB_SECONDS = 300.0
_INVALID = {"invalid", "invalidQuery"}  # a verdict on the rows: "Error messages", BigQuery guide
_MAX_ATTEMPTS = 100
_MAX_SUCCESSES = 5  # of the same objects, which are missing all the same
_CONFIG = bigquery.LoadJobConfig(
    source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
    create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
    write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
)


class LoadJobs:
    """Loads rows into `events_function` of one dataset."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._table = f"{client.project}.{dataset}.{EVENTS_TABLE}"

    def encode(self, row: Row) -> bytes:
        """Return a line of JSON (ports.RowBulk): a JSON column is the value itself."""
        return msgspec.json.encode(row.values) + b"\n"

    def load_rows(self, rows: IO[bytes], job_id: str, seen_at: datetime) -> None:
        """Load all rows or none (ports.RowBulk).

        An earlier job keeps its id, however it ended; a further attempt at the same has the next.
        """
        successes = 0
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            own_id = f"{job_id}-{attempt}"
            with translated(f"load job {own_id} did not end"):
                job, is_earlier = self._run(rows, own_id)
            error = job.error_result
            if error and error.get("reason") in _INVALID:
                raise RequestRejected(str(error.get("message")))
            if is_earlier and error:
                continue
            if is_earlier and _ended_before(job, seen_at):
                successes += 1
                if successes == _MAX_SUCCESSES:
                    said = f"loaded {successes} times, and missing all the same"
                    raise PermanentLoadError("not_counted", said)
                continue
            if error:
                raise TransientError(f"load job {own_id} failed: {error.get('message')}")
            return
        raise TransientError(f"load job {job_id} was tried {_MAX_ATTEMPTS} times")

    def _run(self, rows: IO[bytes], job_id: str) -> tuple[bigquery.LoadJob, bool]:
        """Return the job at its end, and whether an earlier call had started it."""
        size = rows.seek(0, io.SEEK_END)
        is_earlier = False
        try:
            job = self._client.load_table_from_file(
                rows,
                self._table,
                rewind=True,
                size=size,  # a small one goes in a single request
                job_id=job_id,
                job_config=_CONFIG,
                timeout=_UPLOAD_SECONDS,
            )
        except Conflict:
            is_earlier = True
            # Outside US and EU a job is found only where its table is.
            location = self._client.get_table(self._table).location
            job = cast("bigquery.LoadJob", self._client.get_job(job_id, location=location))
        try:
            job.result(timeout=_JOB_SECONDS)
        except GoogleAPICallError:
            if job.error_result is None:  # not the job's own failure
                raise
        return job, is_earlier


def _ended_before(job: bigquery.LoadJob, seen_at: datetime) -> bool:
    """Return whether its rows would have been seen: if they were not, they were deleted since.

    Should clocks differ, rows may be loaded twice, which the view hides; they are never left out.
    """
    return job.ended is not None and job.ended < seen_at
