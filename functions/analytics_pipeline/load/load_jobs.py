"""Adapter: rows into BigQuery by load jobs, each of which runs once (REST reference, Job).

A job's id says what it loads, and when it was tried. BigQuery runs an id once, so whoever comes
second, after a crash or at the same time, finds the first one's job instead of loading again.
"""

import io
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import IO, cast

from google.api_core.exceptions import Conflict, Forbidden, GoogleAPICallError, NotFound
from google.cloud import bigquery

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.google_failures import is_schema_lag, translated
from analytics_pipeline.load.rows import COLUMNS
from analytics_pipeline.load.streaming import EVENTS_TABLE
from analytics_pipeline.load.warehouse import RETRY

_UPLOAD_SECONDS = 120.0
_JOB_SECONDS = 300.0
_INVALID = {"invalid", "invalidQuery"}  # a verdict on the rows: "Error messages", BigQuery guide
# An attempt is named by the hour; where that name is used up, by the minute.
_ATTEMPTS = ("%Y%m%d%H", "%Y%m%d%H%M")
_CONFIG = bigquery.LoadJobConfig(
    source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
    create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
    write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
)


class LoadJobs:
    """Loads rows into a table of one dataset; `clock` returns the time in UTC."""

    def __init__(
        self,
        client: bigquery.Client,
        dataset: str,
        clock: Callable[[], datetime],
        table: str = EVENTS_TABLE,
    ) -> None:
        self._client = client
        self._table = f"{client.project}.{dataset}.{table}"
        self._clock = clock

    def load_rows(self, rows: IO[bytes], job_id: str, seen_at: datetime | None) -> None:
        """Load all rows or none (load.ports.RowBulk).

        Nothing is uploaded where a job of this hour has done it. One that failed keeps its id,
        and so does one of somebody else that may not be looked at: the next attempt has another.
        """
        now = self._clock()
        for attempt in _ATTEMPTS:
            own_id = f"{job_id}-{now.strftime(attempt)}"
            with translated(f"load job {own_id} did not end"):
                if earlier := self._find(own_id):
                    if _has_loaded(earlier, seen_at):
                        return
                elif job := self._start(rows, own_id):
                    if _has_loaded(job, None):
                        return
                    raise TransientError(f"load job {own_id} failed: {_failure(job)}")
        raise TransientError(f"load job {job_id} was tried before, in this minute")

    def _find(self, job_id: str) -> bigquery.LoadJob | None:
        """Return the job of that id, None where there is none, or none that may be looked at."""
        try:
            job = self._client.get_job(job_id, retry=RETRY, location=self._location)
        except (NotFound, Forbidden):
            return None
        return cast("bigquery.LoadJob", job)

    def _start(self, rows: IO[bytes], job_id: str) -> bigquery.LoadJob | None:
        """Return the job, started; None where the id is taken."""
        size = rows.seek(0, io.SEEK_END)
        try:
            return self._client.load_table_from_file(
                rows,
                self._table,
                rewind=True,
                size=size,  # a small one goes in a single request
                job_id=job_id,
                job_config=_CONFIG,
                timeout=_UPLOAD_SECONDS,
            )
        except Conflict:
            return self._find(job_id)

    @cached_property
    def _location(self) -> str:
        """Where the table is: outside US and EU a job is found only there."""
        location: str = self._client.get_table(self._table, retry=RETRY).location
        return location


def _has_loaded(job: bigquery.LoadJob, seen_at: datetime | None) -> bool:
    """Wait for the job's end; returns whether its rows are there, as far as it is concerned.

    Rows that were seen to be missing at `seen_at`, after the job had ended, were deleted since:
    they are not. Should clocks differ, rows may be loaded twice, which the view hides; they are
    never left out. Raises RequestRejected where BigQuery refuses the rows themselves.
    """
    try:
        job.result(timeout=_JOB_SECONDS, retry=RETRY)
    except GoogleAPICallError:
        if job.error_result is None:  # not the job's own failure
            raise
    error = job.error_result
    if error and error.get("reason") in _INVALID:
        said = str(error.get("message"))
        if is_schema_lag(said, COLUMNS):
            raise TransientError(f"BigQuery does not know a column yet: {said}")
        raise RequestRejected(said)
    if error:
        return False
    return seen_at is None or job.ended is None or job.ended >= seen_at


def _failure(job: bigquery.LoadJob) -> str:
    return str((job.error_result or {}).get("message"))
