"""Jobs: each id runs once, its outcome is kept ("Job" in the BigQuery REST reference)."""

import hashlib
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, already_exists, not_found
from analytics_local_cloud.warehouse.catalog.engine import Engine, Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference

_CREATE = """
CREATE SCHEMA IF NOT EXISTS _warehouse;
CREATE TABLE IF NOT EXISTS _warehouse.jobs (
    project VARCHAR, job VARCHAR, created BIGINT, modified VARCHAR, body VARCHAR,
    PRIMARY KEY (project, job)
)"""
_JOB_ID = re.compile(r"[\w-]{1,1024}", re.ASCII)
_DAY_MS = 86_400_000
MODIFICATIONS_PER_DAY = 1_500
RESULTS_KEPT_MS = _DAY_MS  # as long as BigQuery keeps anonymous results
_RESULTS_KEPT = 1_000  # a page that polls must not fill the disk
_SWEEP_EVERY = 500


@dataclass(frozen=True)
class JobReference:
    """The identity of a job; its location is kept, and ignored."""

    project: str
    job: str
    location: str

    @classmethod
    def from_rest(cls, body: Mapping[str, Any], project: str) -> Self:
        """Read a `JobReference` message, inventing a missing id; raises `ApiError` (invalid)."""
        job = str(body.get("jobId") or f"job_{uuid.uuid4().hex}")
        if not _JOB_ID.fullmatch(job):
            raise ApiError("invalid", f'Invalid job ID "{job}".')
        return cls(project, job, str(body.get("location") or "US"))

    @property
    def label(self) -> str:
        """The name as BigQuery's messages and `id` fields spell it."""
        return f"{self.project}:{self.location}.{self.job}"


@dataclass(frozen=True)
class JobRecord:
    """A finished job: the REST resource, and the schema of its result file if it has one."""

    resource: dict[str, Any]
    schema: dict[str, Any] | None = None
    total_rows: int = 0

    def raise_error(self) -> None:
        """Raise the `ApiError` that ended the job, if one did."""
        error = self.resource["status"].get("errorResult")
        if error:
            raise ApiError.from_proto(error)


class Jobs:
    """The finished jobs, in the DuckDB file; ids under way in memory. Times are in ms."""

    def __init__(self, engine: Engine, results: Path, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._results = results
        self._clock = clock
        self._running: set[tuple[str, str]] = set()
        self._lock = threading.Condition()
        results.mkdir(parents=True, exist_ok=True)
        with engine.session() as session:
            session.execute(_CREATE)
        self._saved = 0
        self._forget_old_results()

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock() * 1000)

    def result_path(self, reference: JobReference) -> Path:
        """Return where the job's rows are kept."""
        digest = hashlib.sha256(f"{reference.project}:{reference.job}".encode()).hexdigest()
        return self._results / f"{digest}.ndjson"

    @contextmanager
    def running(self, reference: JobReference) -> Iterator[None]:
        """Hold the id while the job runs; raises `ApiError` (duplicate) if it is taken."""
        key = (reference.project, reference.job)
        with self._lock:
            if key in self._running or self._find(reference.project, reference.job):
                raise already_exists("Job", reference.label)
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(key)
                self._lock.notify_all()

    def save(
        self,
        transaction: Transaction,
        reference: JobReference,
        record: JobRecord,
        modified: TableReference | None = None,
    ) -> None:
        """Record the outcome, and the table it counts against, in the job's own transaction."""
        self._saved += 1
        if self._saved % _SWEEP_EVERY == 0:
            self._forget_old_results()
        transaction.connection.execute(
            "INSERT INTO _warehouse.jobs VALUES (?, ?, ?, ?, ?)",
            [
                reference.project,
                reference.job,
                self.now(),
                modified.label if modified else None,
                msgspec.json.encode(record).decode(),
            ],
        )

    def get(self, project: str, job: str) -> JobRecord:
        """Return a finished job; raises `ApiError` (notFound)."""
        record = self._find(project, job)
        if record is None:
            raise not_found("Job", f"{project}:{job}")
        return record

    def find_recent(self, reference: JobReference, age: int) -> JobRecord | None:
        """Return a job that began at most `age` ms ago, once it has ended; None if there is none.

        One that is older is not in the way: another may have its id from now on.
        """
        key = (reference.project, reference.job)
        with self._lock:
            self._lock.wait_for(lambda: key not in self._running)
        record = self._find(*key)
        if record and self.now() - int(record.resource["statistics"]["startTime"]) > age:
            with self._engine.write() as transaction:
                self.delete(transaction, *key)
            return None
        return record

    def list(
        self, project: str, limit: int, offset: int, created: tuple[int, int]
    ) -> list[JobRecord]:
        """Return finished jobs that began between two times in ms, both included, newest first."""
        with self._engine.session() as session:
            rows = session.execute(
                "SELECT body FROM _warehouse.jobs WHERE project = ? AND "
                "(body->>'$.resource.statistics.creationTime')::BIGINT BETWEEN ? AND ? "
                "ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
                [project, *created, limit, offset],
            ).fetchall()
        return [msgspec.json.decode(body, type=JobRecord) for (body,) in rows]

    def delete(self, transaction: Transaction, project: str, job: str) -> None:
        """Forget a finished job; raises `ApiError` (notFound)."""
        self.get(project, job)
        transaction.connection.execute(
            "DELETE FROM _warehouse.jobs WHERE (project, job) = (?, ?)", [project, job]
        )
        path = self.result_path(JobReference(project, job, ""))
        transaction.then(lambda: path.unlink(missing_ok=True))

    def count_modification(self, session: duckdb.DuckDBPyConnection, table: TableReference) -> None:
        """Raise `ApiError` (quotaExceeded) when the table has used up its day (UTC)."""
        day = self.now() // _DAY_MS * _DAY_MS
        row = session.execute(
            "SELECT count(*) FROM _warehouse.jobs WHERE modified = ? AND created >= ?",
            [table.label, day],
        ).fetchone()
        if row and row[0] >= MODIFICATIONS_PER_DAY:
            text = "Quota exceeded: Your table exceeded quota for imports or query appends"
            raise ApiError("quotaExceeded", text, "load_job_per_table.long")

    def _find(self, project: str, job: str) -> JobRecord | None:
        with self._engine.session() as session:
            row = session.execute(
                "SELECT body FROM _warehouse.jobs WHERE (project, job) = (?, ?)", [project, job]
            ).fetchone()
        return msgspec.json.decode(row[0], type=JobRecord) if row else None

    def _forget_old_results(self) -> None:
        oldest = self.now() - RESULTS_KEPT_MS
        ages = sorted((path.stat().st_mtime, path) for path in self._results.glob("*.ndjson"))
        for number, (written, path) in enumerate(reversed(ages)):
            if number >= _RESULTS_KEPT or written * 1000 < oldest:
                path.unlink()
