"""BigQuery, as far as the pipeline asks it: streamed rows, load jobs, and what statements see."""

import gzip
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import msgspec
from google.api_core.exceptions import Conflict, Forbidden, NotFound, ServiceUnavailable
from urllib3.exceptions import ProtocolError

from analytics_pipeline.load.dead_letters import DeadLetter
from simulation.storage import Answer

BIGQUERY = "https://bigquery.world"
PROJECT, DATASET = "project", "events"
REFUSED_TYPE = "refused-by-bigquery"  # of events that no table takes
BIG = b"too-big-for-a-request"  # in events that only load jobs take
_REMEMBERED = timedelta(minutes=1)  # insert ids, as a rule
_JOBS_A_DAY = 1500
_LATEST_COLUMN = "extra"  # a change that adds it is sometimes still on its way


class EventRow(msgspec.Struct):
    """What of a row of `events_function` statements look at; `streamed` is None for a load job."""

    analytics_environment: str
    event_category: str
    event_id: str
    batch_id: str
    line: int
    gcs_uri: str
    generation: str
    received_timestamp: datetime
    received_date: date
    inserted_timestamp: datetime
    event_ds: date | None = None
    event_type: str | None = None
    session_id: str = ""
    event_index: int | None = None
    player_id: str | None = None
    streamed: datetime | None = None


class LetterRow(DeadLetter, frozen=True, kw_only=True):
    """A row of `dead_letters`; `streamed` is None where a statement wrote it."""

    streamed: datetime | None = None


class ListedRow(msgspec.Struct, frozen=True):
    """A row of `listed_objects`."""

    listed_date: date
    prefix: str
    gcs_uri: str | None = None
    generation: str | None = None
    batch_id: str | None = None
    event_count: int | None = None
    created_timestamp: datetime | None = None


class Receipt(msgspec.Struct, frozen=True):
    """A row of the view `receipts`."""

    logged_timestamp: datetime
    event: str
    gcs_uri: str
    data_type: str
    analytics_environment: str
    event_category: str
    received_timestamp: datetime | None
    event_count: int | None


class _Inserted(msgspec.Struct):
    insertId: str  # noqa: N815 - BigQuery's
    json: msgspec.Raw


class _Request(msgspec.Struct):
    rows: list[_Inserted]


_REQUESTS = msgspec.json.Decoder(_Request)
_ROWS = {
    "events_function": msgspec.json.Decoder(EventRow, strict=False),
    "dead_letters": msgspec.json.Decoder(LetterRow),
    "listed_objects": msgspec.json.Decoder(ListedRow, strict=False),
}


@dataclass
class SimulatedJob:
    """A load job; its rows are there once it is over without an error."""

    job_id: str
    is_over: bool = False
    ended: datetime | None = None
    error_result: dict | None = None


@dataclass
class Tables:
    """What the dataset holds."""

    events: list = field(default_factory=list)
    letters: list = field(default_factory=list)
    listed: list = field(default_factory=list)
    receipts: list = field(default_factory=list)
    _receipts_of: dict = field(default_factory=dict)

    def accept(self, receipt):
        """Add a row to the view `receipts`."""
        self.receipts.append(receipt)
        if receipt.data_type == "json":
            self._receipts_of.setdefault(receipt.gcs_uri, []).append(receipt)

    def receipts_by_uri(self):
        """Return the receipts of JSON objects, by object."""
        return self._receipts_of.items()

    def of(self, table):
        """Return the rows of a table that is written to."""
        return {
            "events_function": self.events,
            "dead_letters": self.letters,
            "listed_objects": self.listed,
        }[table]


class SimulatedWarehouse:
    """One dataset."""

    def __init__(self, world):
        self._world = world
        self._faults = world.faults
        self.tables = Tables()
        self.jobs = {}
        self.results = {}
        self._seen = {}
        self._jobs_of_days = Counter()
        self._added = self._faults.dice.uniform(0, world.days * 86400)  # when the column was added

    def strikes(self, service, name, share=1.0):
        """Return whether a fault hits now."""
        return self._faults.strikes(service, name, self._world.clockwork.loop.time(), share)

    def insert_all(self, table, body):
        """Serve `tabledata.insertAll`."""
        if self.strikes("insert", "insert refused", 0.5):
            if self._faults.dice.random() < 0.3:
                raise ProtocolError("connection reset")
            return Answer(self._faults.dice.choice((403, 404, 429, 500, 503)))
        if BIG in body or self.strikes("insert", "insert too large", 0.1):
            return Answer(413)
        rows = _REQUESTS.decode(body).rows
        if table == "events_function" and (errors := self._verdicts(rows)):
            return Answer(200, msgspec.json.encode({"insertErrors": errors}))
        if self.strikes("insert", "insert by half", 0.5):
            self._stream(table, rows[: self._faults.dice.randrange(len(rows) + 1)])
            return Answer(503)
        self._stream(table, rows)
        if self.strikes("insert", "insert acknowledgement lost"):
            raise ProtocolError("connection reset")
        if self.strikes("insert", "insert answered by a proxy", 0.1):
            return Answer(200, b"<html>")
        return Answer(200, b"{}")

    def _verdicts(self, rows):
        """Return why rows are refused; one that is keeps out those beside it."""
        problems = [self._problem(bytes(row.json)) for row in rows]
        if not any(problems):
            return []
        return [
            {
                "index": index,
                "errors": [
                    {"reason": "invalid", "message": said} if said else {"reason": "stopped"}
                ],
            }
            for index, said in enumerate(problems)
        ]

    def _problem(self, row):
        """Return why the table does not take a row, None if it does."""
        if f'"event_type":"{REFUSED_TYPE}"'.encode() in row:
            return "this row cannot be"
        if f'"{_LATEST_COLUMN}":'.encode() in row and self._lacks_column():
            return f"no such field: {_LATEST_COLUMN}."
        return None

    def _lacks_column(self):
        """Return whether a column that was just added is not seen yet: for about ten minutes."""
        return self._faults.are_on and 0 <= self._world.clockwork.loop.time() - self._added < 600

    def _stream(self, table, rows):
        now, kept = self._world.now(), self.tables.of(table)
        for row in rows:
            key = (table, row.insertId)
            seen = self._seen.get(key)
            forgets = self._faults.are_on and self._faults.dice.random() < 0.2
            if seen is not None and now - seen < _REMEMBERED and not forgets:
                continue
            self._seen[key] = now
            made = _ROWS[table].decode(row.json)
            kept.append(msgspec.structs.replace(made, streamed=now))

    def begin_job(self, table, job_id, content):
        """Serve the request that begins a load job; returns the job."""
        if self.strikes("job", "job refused", 0.5):
            raise ServiceUnavailable("backend error")
        if job_id in self.jobs:
            raise Conflict(f"already exists: job {job_id}")
        day = (table, self._world.now().date())
        if self._jobs_of_days[day] >= _JOBS_A_DAY or self.strikes("job", "job quota", 0.1):
            raise Forbidden("quota exceeded: too many table update operations")
        self._jobs_of_days[day] += 1
        job = self.jobs[job_id] = SimulatedJob(job_id)
        seconds = self._faults.latency(8.0)
        self._world.clockwork.loop.after(seconds, self._end_job, job, table, content)
        if self.strikes("job", "job acknowledgement lost"):
            raise ServiceUnavailable("connection reset")
        return job

    def _end_job(self, job, table, content):
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        lines = content.splitlines()
        said = [self._problem(line) for line in lines] if table == "events_function" else []
        if any(said):
            job.error_result = {"reason": "invalid", "message": next(filter(None, said))}
        elif self.strikes("job", "job failed", 0.5):
            job.error_result = {"reason": "backendError", "message": "try again"}
        else:
            self.tables.of(table).extend(_ROWS[table].decode(line) for line in lines)
        job.is_over, job.ended = True, self._world.now()

    def find_job(self, job_id):
        """Serve `jobs.get`."""
        if self.strikes("job", "job not found out", 0.5):
            raise ServiceUnavailable("backend error")
        if job_id not in self.jobs:
            raise NotFound(job_id)
        return self.jobs[job_id]

    def page(self, job_id, first, most):
        """Serve a page of the rows that a query found; it may be shorter than was asked for."""
        if self.strikes("query", "page failed", 0.5):
            return Answer(503)
        if self._faults.dice.random() < 0.2:
            most = max(1, most // 3)
        rows = [
            {"f": [{"v": None if cell is None else str(cell)} for cell in row.values()]}
            for row in self.results[job_id][first : first + most]
        ]
        return Answer(200, msgspec.json.encode({"rows": rows}))

    def keep_result(self, rows):
        """Keep what a query found, to be read by pages; returns what the client library does."""
        job_id = f"query-{len(self.results)}"
        self.results[job_id] = rows
        return SimpleNamespace(project=PROJECT, job_id=job_id, location="US", total_rows=len(rows))
