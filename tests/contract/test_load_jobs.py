"""load_jobs: each job runs once, whoever asks, and however earlier ones ended."""

import io
from datetime import timedelta

import pytest
from faulty_cloud import FaultyCloud, google_error
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from local_warehouse import NOW, create_pipeline_tables, running_warehouse
from msgspec import Raw
from serving import serve
from starlette.responses import JSONResponse

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import PermanentLoadError, RequestRejected
from analytics_pipeline.load.rows import Row
from analytics_pipeline.reconcile import load_jobs
from analytics_pipeline.reconcile.load_jobs import LoadJobs

VALUES = {
    "received_timestamp": "2026-11-23T12:00:00.000000Z",
    "received_date": "2026-11-23",
    "inserted_timestamp": "2026-11-23T12:00:01.000000Z",
    "batch_id": "b",
    "gcs_uri": "gs://b/o",
    "event_index": "9223372036854775807",
}
REFERENCE = {"projectId": "project", "jobId": "id-1", "location": "EU"}
TABLE = JSONResponse(
    {
        "tableReference": {"projectId": "project", "datasetId": "events", "tableId": "t"},
        "location": "europe-west1",
    }
)


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


class Table:
    """A table of its own, and load jobs into it."""

    def __init__(self, local):
        self._local = local
        self.dataset = create_pipeline_tables(local)
        self.jobs = LoadJobs(local.client, self.dataset)

    def load(self, job_id, *event_ids, seen_at=NOW, **changes):
        """Load a row for each id."""
        rows = [Row({**VALUES, "event_id": each, **changes}, each, 1) for each in event_ids]
        content = b"".join(self.jobs.encode(row) for row in rows)
        self.jobs.load_rows(io.BytesIO(content), f"{self.dataset}-{job_id}", seen_at)

    def column(self, name):
        """Return the values of a column, in order of the events."""
        sql = f"SELECT {name} FROM {self.dataset}.events_function ORDER BY event_id"
        return [value for (value,) in self._local.rows(sql)]

    def wipe(self):
        """Delete all rows."""
        self._local.rows(f"DELETE FROM {self.dataset}.events_function WHERE TRUE")


@pytest.fixture(name="table")
def _table(local):
    return Table(local)


class TestOneWarehouse:
    def test_rows(self, table):
        """Rows arrive with all their values: wide integers, JSON as it is, a string of JSON."""
        extra = Raw(b'{"n":1.5,"deep":[{"a":null}]}')
        table.load("a", "e/0", extra=extra, event_attributes=Raw(b'"[1, 2"'))

        assert [2**63 - 1] == table.column("event_index")
        assert [{"n": 1.5, "deep": [{"a": None}]}] == table.column("extra")
        assert ["[1, 2"] == table.column("event_attributes")

    def test_same_job_again(self, table):
        """A job that has run is not run again, whoever asks."""
        for _ in range(3):
            table.load("a", "e/0")

        assert ["e/0"] == table.column("event_id")

    def test_rows_that_were_deleted_since(self, table):
        """Rows that were seen to be missing after their job had ended are loaded anew."""
        table.load("a", "e/0")
        table.wipe()

        table.load("a", "e/0", seen_at=NOW + timedelta(seconds=1))

        assert ["e/0"] == table.column("event_id")

    def test_rows_that_are_never_seen(self, table):
        """Rows that were loaded five times, and are missing all the same, are loaded no more."""
        for _ in range(5):
            table.load("a", "e/0", seen_at=NOW + timedelta(seconds=1))

        with pytest.raises(PermanentLoadError, match="loaded 5 times"):
            table.load("a", "e/0", seen_at=NOW + timedelta(seconds=1))
        assert 5 == len(table.column("event_id"))

    def test_job_that_ended_while_somebody_looked(self, table):
        """A job that ended after its rows were missed counts: they could not be seen yet."""
        table.load("a", "e/0")
        table.load("a", "e/0", seen_at=NOW - timedelta(seconds=1))

        assert ["e/0"] == table.column("event_id")

    def test_refused_row(self, table):
        """A row that BigQuery refuses is a verdict, also when it was passed before; none is in."""
        for _ in range(2):
            with pytest.raises(RequestRejected):
                table.load("a", "e/0", event_index="many")

        assert [] == table.column("event_id")

    def test_no_table(self, local):
        """A table that is missing is never created by a load, and mended without the rows."""
        jobs = LoadJobs(local.client, "nowhere")

        with pytest.raises(TransientError):
            jobs.load_rows(io.BytesIO(jobs.encode(Row(VALUES, "i", 1))), "a", NOW)


def job(reason=None, state="DONE", ended=NOW):
    """Return BigQuery's answer about a job."""
    error = {"errorResult": {"reason": reason, "message": "m"}} if reason else {}
    return JSONResponse(
        {
            "jobReference": REFERENCE,
            "configuration": {"load": {}, "jobType": "LOAD"},
            "status": {"state": state, **error},
            "statistics": {"endTime": str(int(ended.timestamp() * 1000))},
        }
    )


def uploads(cloud):
    """Return the bodies of the requests that start a job."""
    return [body for method, _, body in cloud.requests if method == "POST"]


class TestFailures:
    @pytest.fixture(name="cloud")
    def _cloud(self):
        return FaultyCloud(job())

    @pytest.fixture(name="load")
    def _load(self, cloud, monkeypatch):
        monkeypatch.setattr(load_jobs, "_MAX_ATTEMPTS", 3)
        with serve(cloud) as url:
            client = bigquery.Client(
                project="project",
                credentials=AnonymousCredentials(),
                client_options={"api_endpoint": url},
            )
            yield lambda: LoadJobs(client, "events").load_rows(io.BytesIO(b"{}\n"), "id", NOW)
            client.close()

    def test_id_is_taken(self, cloud, load):
        """The job of somebody else who had the same id is waited for, where the table is."""
        cloud.answers = [google_error(409, "duplicate"), TABLE, job(state="RUNNING"), job()]

        load()

        methods = [method for method, _, _ in cloud.requests]
        assert ["POST", "GET", "GET", "GET"] == methods[:4]
        assert "/jobs/id-1?" in cloud.urls[2]
        assert "location=europe-west1" in cloud.urls[2]

    @pytest.mark.parametrize("reason", ["backendError", "quotaExceeded", "internalError"])
    def test_failed_job(self, cloud, load, reason):
        """A failed job is not tried again at once, which would use up the day's load jobs."""
        cloud.answers = [job(reason)]

        with pytest.raises(TransientError, match="m"):
            load()

        assert 1 == len(uploads(cloud))

    def test_job_that_failed_before(self, cloud, load):
        """A job that failed keeps its id, so the next attempt has another."""
        cloud.answers = [google_error(409, "duplicate"), TABLE, job("backendError"), job()]

        load()

        first, second = uploads(cloud)
        assert b'"id-1"' in first
        assert b'"id-2"' in second

    def test_too_many_attempts(self, cloud, load):
        """Attempts come to an end."""
        cloud.answers = [google_error(409, "duplicate"), TABLE, job("backendError")] * 3

        with pytest.raises(TransientError, match="tried 3 times"):
            load()

    @pytest.mark.parametrize("answer", [google_error(403, "accessDenied"), google_error(404)])
    def test_refused_request(self, cloud, load, answer):
        """Missing rights and projects are mended without touching the rows."""
        cloud.answers = [answer]

        with pytest.raises(TransientError):
            load()

    def test_lost_job(self, cloud, load):
        """A job whose end cannot be learned is looked for by the next run."""
        cloud.answers = [job(state="RUNNING"), google_error(403, "accessDenied")]

        with pytest.raises(TransientError):
            load()
