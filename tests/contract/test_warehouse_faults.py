"""warehouse: what each failure of BigQuery means for the rows."""

from datetime import UTC, datetime

import pytest
from faulty_cloud import FaultyCloud, google_error
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from msgspec import Raw
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import warehouse
from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.ports import RowRefusal
from analytics_pipeline.load.rows import Row

ROW = Row({"event_id": "b/0", "extra": Raw(b'{"a":1.10}')}, "b/0", 100)
ACCEPTED = JSONResponse({"kind": "bigquery#tableDataInsertAllResponse"})


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud(ACCEPTED)


@pytest.fixture(name="sink")
def _sink(cloud, monkeypatch):
    """Serve the cloud, with deadlines a test can wait for."""
    retry = Retry(predicate=bigquery.DEFAULT_RETRY._predicate, initial=0.05, timeout=0.5)
    monkeypatch.setattr(warehouse, "_RETRY", retry)
    monkeypatch.setattr(warehouse, "_TIMEOUT_SECONDS", 0.3)
    with serve(cloud) as url:
        client = bigquery.Client(
            project="project",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": url},
        )
        yield warehouse.Warehouse(client, "events")
        client.close()


def refused(**reasons):
    """Return an answer that refuses rows, index → reason."""
    errors = [
        {"index": int(index[1:]), "errors": [{"reason": reason, "location": "x", "message": "m"}]}
        for index, reason in reasons.items()
    ]
    return JSONResponse({"insertErrors": errors})


def make_letter(number=0):
    """Return a dead letter."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return DeadLetter(
        dead_letter_id=f"b/{number}",
        gcs_uri="gs://b/o",
        generation="5",
        analytics_environment="testing",
        event_category="function",
        event_ds="2026-03-01",
        batch_id="b",
        line=1,
        event_count=1,
        reason="invalid_line",
        detail="",
        payload="x",
        payload_truncated=False,
        received_timestamp=now,
        dead_lettered_date=now.date(),
        dead_lettered_timestamp=now,
    )


class TestInsertRows:
    def test_request(self, sink, cloud):
        """Rows go out with their insert ids; a JSON column is a string of JSON text."""
        assert [] == sink.insert_rows([ROW])

        ((method, path, body),) = cloud.requests
        table = "/bigquery/v2/projects/project/datasets/events/tables/events_function"
        assert ("POST", f"{table}/insertAll") == (method, path)
        expected = (
            b'{"rows": [{"json": {"event_id": "b/0", "extra": "{\\"a\\":1.10}"},'
            b' "insertId": "b/0"}]}'
        )
        assert expected == body

    def test_refused_rows(self, sink, cloud):
        """A row that is invalid is told apart from one that is held back by it."""
        cloud.answers = [refused(i0="stopped", i1="invalid")]

        expected = [RowRefusal(0, False, "x: m"), RowRefusal(1, True, "x: m")]
        assert expected == sink.insert_rows([ROW, ROW])

    @pytest.mark.parametrize("reason", ["timeout", "backendError", "internalError"])
    def test_rows_that_failed(self, sink, cloud, reason):
        """A row error that is no verdict on the row may pass."""
        cloud.answers = [refused(i0=reason)]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])

    @pytest.mark.parametrize("status", [400, 413])
    def test_refused_request(self, sink, cloud, status):
        """A request refused as a whole is told apart, so that it can be halved."""
        cloud.answers = [google_error(status, "invalid")]

        with pytest.raises(RequestRejected):
            sink.insert_rows([ROW])

    @pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 501, 503])
    def test_failed_request(self, sink, cloud, status):
        """Missing rights, tables and servers are repaired without touching the rows."""
        cloud.answers = [google_error(status, "other")]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])

    @pytest.mark.parametrize("answer", [google_error(429, "rateLimitExceeded"), google_error(502)])
    def test_retry(self, sink, cloud, answer):
        """What may pass at once is tried again at once."""
        cloud.answers = [answer, ACCEPTED]

        assert [] == sink.insert_rows([ROW])
        assert 2 == len(cloud.requests)

    def test_silence(self, sink, cloud):
        """A server that does not answer in time may answer later."""
        cloud.answers = [2.0]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])

    def test_no_json(self, sink, cloud):
        """An error page from a proxy is no verdict on the rows."""
        cloud.answers = [Response("<html>bad gateway</html>", 502)]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])


class TestInsertDeadLetters:
    def test_many(self, sink, cloud):
        """Letters go out fifty at a time, each with its own id as insert id."""
        sink.insert_dead_letters([make_letter(number) for number in range(120)])

        assert [50, 50, 20] == [body.count(b'"insertId"') for _, _, body in cloud.requests]
        assert b'"insertId": "b/119"' in cloud.requests[-1][2]
        assert b'"dead_lettered_timestamp": "2026-03-01T00:00:00Z"' in cloud.requests[0][2]

    @pytest.mark.parametrize(
        "answer", [refused(i0="invalid"), google_error(400, "invalid"), google_error(503)]
    )
    def test_failure(self, sink, cloud, answer):
        """Whatever keeps a letter from being written, the event is delivered again."""
        cloud.answers = [answer]

        with pytest.raises(TransientError):
            sink.insert_dead_letters([make_letter()])
