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
from analytics_pipeline.load import load_jobs
from analytics_pipeline.load.encoding import for_load_job
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.load_jobs import LoadJobs

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
        self.now = NOW
        self.jobs = LoadJobs(local.client, self.dataset, lambda: self.now)

    def load(self, job_id, *event_ids, seen_at=NOW, **changes):
        """Load a row for each id."""
        rows = [{**VALUES, "event_id": each, **changes} for each in event_ids]
        content = b"".join(map(for_load_job, rows))
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

    def test_attempts(self, table):
        """An id is used up once an hour and once a minute; later it can be tried again."""
        later = NOW + timedelta(seconds=1)
        for _ in range(2):
            table.load("a", "e/0", seen_at=later)
            table.wipe()
        with pytest.raises(TransientError, match="in this minute"):
            table.load("a", "e/0", seen_at=later)

        table.now += timedelta(minutes=1)
        table.load("a", "e/0", seen_at=later)
        assert ["e/0"] == table.column("event_id")

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
        jobs = LoadJobs(local.client, "nowhere", lambda: NOW)

        with pytest.raises(TransientError):
            jobs.load_rows(io.BytesIO(for_load_job(VALUES)), "a", NOW)


def job(reason=None, state="DONE", ended=NOW, message="m"):
    """Return BigQuery's answer about a job."""
    error = {"errorResult": {"reason": reason, "message": message}} if reason else {}
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


NO_JOB, FOREIGN_JOB = google_error(404, "notFound"), google_error(403, "accessDenied")
TAKEN = google_error(409, "duplicate")


class TestFailures:
    @pytest.fixture(name="cloud")
    def _cloud(self):
        return FaultyCloud(TABLE, NO_JOB, job())

    @pytest.fixture(name="load")
    def _load(self, cloud):
        with serve(cloud) as url:
            client = bigquery.Client(
                project="project",
                credentials=AnonymousCredentials(),
                client_options={"api_endpoint": url},
            )
            jobs = LoadJobs(client, "events", lambda: NOW)
            yield lambda seen_at=NOW: jobs.load_rows(io.BytesIO(b"{}\n"), "id", seen_at)
            client.close()

    def test_first(self, cloud, load):
        """A job is looked for where its table is before anything is uploaded; as the hour's."""
        load()

        (body,) = uploads(cloud)
        assert b'"id-2026112312"' in body
        assert "/jobs/id-2026112312?" in cloud.urls[1]
        assert "location=europe-west1" in cloud.urls[1]

    @pytest.mark.parametrize("first", [job(), job(state="RUNNING")])
    def test_done_already(self, cloud, load, first):
        """Where a job of the hour has done it, or is about to, nothing is uploaded."""
        cloud.answers = [TABLE, first, job()]

        load()

        assert [] == uploads(cloud)

    def test_row_of_a_redelivered_object(self, cloud, load):
        """Where nobody has seen that rows are missing, a job that has ended counts."""
        cloud.answers = [TABLE, job(ended=NOW - timedelta(minutes=5))]

        load(seen_at=None)

        assert [] == uploads(cloud)

    @pytest.mark.parametrize(
        "answers",
        [
            [job("backendError"), NO_JOB],
            [job(ended=NOW - timedelta(minutes=5)), NO_JOB],
            [FOREIGN_JOB, TAKEN, FOREIGN_JOB, NO_JOB],
            [NO_JOB, TAKEN, NO_JOB, FOREIGN_JOB],
        ],
        ids=["failed", "rows-deleted-since", "somebody-elses", "vanished"],
    )
    def test_id_is_used_up(self, cloud, load, answers):
        """Where the hour's id is used up, the next attempt is named by the minute."""
        cloud.answers = [TABLE, *answers, job()]

        load()

        assert b'"id-202611231200"' in uploads(cloud)[-1]

    def test_started_by_another(self, cloud, load):
        """A job that somebody of ours starts at the same moment is waited for."""
        cloud.answers = [TABLE, NO_JOB, TAKEN, job(state="RUNNING"), job()]

        load()

        assert 1 == len(uploads(cloud))

    def test_both_used_up(self, cloud, load):
        """Where both are used up, another run will find other names."""
        cloud.answers = [TABLE, job("backendError"), job("backendError")]

        with pytest.raises(TransientError, match="in this minute"):
            load()
        assert [] == uploads(cloud)

    @pytest.mark.parametrize("reason", ["backendError", "quotaExceeded", "internalError"])
    def test_failed_job(self, cloud, load, reason):
        """A failed job is not tried again at once, which would use up the day's load jobs."""
        cloud.answers = [TABLE, NO_JOB, job(reason)]

        with pytest.raises(TransientError, match="m"):
            load()

        assert 1 == len(uploads(cloud))

    @pytest.mark.parametrize(
        ("message", "expected"),
        [("No such field: line.", TransientError), ("No such field: nope.", RequestRejected)],
    )
    def test_column_on_its_way(self, cloud, load, message, expected):
        """A column of ours that BigQuery does not know yet is no verdict on the rows."""
        cloud.answers = [TABLE, NO_JOB, job("invalid", message=message)]

        with pytest.raises(expected):
            load()

    @pytest.mark.parametrize("answer", [google_error(403, "accessDenied"), NO_JOB])
    def test_refused_request(self, cloud, load, answer):
        """Missing rights, projects and tables are mended without touching the rows."""
        cloud.answers = [answer]

        with pytest.raises(TransientError):
            load()

    def test_job_without_an_end(self, cloud, load, monkeypatch):
        """A job that does not end in time is looked for by the next run."""
        monkeypatch.setattr(load_jobs, "_JOB_SECONDS", 0.2)
        cloud.answers = [TABLE, NO_JOB, *[job(state="RUNNING")] * 4, job()]

        with pytest.raises(TransientError, match="did not end"):
            load()

    def test_lost_job(self, cloud, load):
        """A job whose end cannot be learned is looked for by the next run."""
        cloud.answers = [TABLE, NO_JOB, job(state="RUNNING"), google_error(403, "accessDenied")]

        with pytest.raises(TransientError):
            load()
