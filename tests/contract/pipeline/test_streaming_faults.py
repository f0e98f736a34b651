"""streaming: what each failure of BigQuery means for the rows."""

import json

import pytest
import urllib3
from faulty_cloud import FaultyCloud, google_error
from google.auth.credentials import AnonymousCredentials
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import streaming, wiring
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.ports import InsertRow, RowRefusal
from analytics_pipeline.settings import LoadSettings

ROW = InsertRow("b/0", '{"event_id":"b/0","extra":"{\\"a\\":1.10,\\"ж\\":0}"}'.encode())
ACCEPTED = JSONResponse({"kind": "bigquery#tableDataInsertAllResponse"})


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud(ACCEPTED)


@pytest.fixture(name="sink")
def _sink(cloud, monkeypatch):
    """Serve the cloud, with deadlines a test can wait for."""
    monkeypatch.setattr(streaming, "TIMEOUT", urllib3.Timeout(1.0))
    with serve(cloud) as url:
        settings = LoadSettings(
            bucket_name="bucket", google_cloud_project="project", bigquery_emulator_host=url
        )
        yield wiring.streaming_inserts(settings, AnonymousCredentials())


def refused(message="m", **reasons):
    """Return an answer that refuses rows, index → reason."""
    errors = [
        {
            "index": int(index[1:]),
            "errors": [{"reason": reason, "location": "x", "message": message}],
        }
        for index, reason in reasons.items()
    ]
    return JSONResponse({"insertErrors": errors})


class TestInsertRows:
    def test_request(self, sink, cloud):
        """Rows go out with their insert ids, every letter in UTF-8."""
        assert [] == sink.insert_rows([ROW])

        ((method, path, body),) = cloud.requests
        table = "/bigquery/v2/projects/project/datasets/events/tables/events_function"
        assert ("POST", f"{table}/insertAll") == (method, path)
        extra = '{"a":1.10,"ж":0}'
        expected = {"insertId": "b/0", "json": {"event_id": "b/0", "extra": extra}}
        assert {"rows": [expected]} == json.loads(body)
        assert "ж".encode() in body

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

        with pytest.raises(RequestRejected, match="invalid"):
            sink.insert_rows([ROW])

    @pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 501, 503])
    def test_failed_request(self, sink, cloud, status):
        """Missing rights, tables and servers are repaired without touching the rows."""
        cloud.answers = [google_error(status, "other")]

        with pytest.raises(TransientError, match="events_function failed: other"):
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

        with pytest.raises(TransientError, match="timed out"):
            sink.insert_rows([ROW])

    def test_no_json(self, sink, cloud):
        """An error page from a proxy is no verdict on the rows."""
        cloud.answers = [Response("<html>bad gateway</html>", 502)]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])

    @pytest.mark.parametrize(
        "message", ["no such field: line.", "No such field: generation", "no such field: EVENT_ID."]
    )
    def test_column_on_its_way(self, sink, cloud, message):
        """A column of ours that BigQuery does not know yet is a schema change on its way."""
        cloud.answers = [refused(message, i0="invalid", i1="stopped")]

        with pytest.raises(TransientError, match="column"):
            sink.insert_rows([ROW, ROW])

    @pytest.mark.parametrize("message", ["no such field: nope.", "no such date: line", ""])
    def test_other_verdicts(self, sink, cloud, message):
        """Any other verdict is one on the row."""
        cloud.answers = [refused(message, i0="invalid")]

        assert [RowRefusal(0, True, f"x: {message}")] == sink.insert_rows([ROW])

    @pytest.mark.parametrize("answer", [Response(b"[]"), Response(b""), Response(b"<html>")])
    def test_no_answer(self, sink, cloud, answer):
        """An acknowledgement that is none proves nothing."""
        cloud.answers = [answer]

        with pytest.raises(TransientError):
            sink.insert_rows([ROW])


class TestInsertDeadLetters:
    def test_request(self, sink, cloud):
        """Letters go to their own table."""
        assert [] == sink.insert_dead_letters([ROW, ROW])

        ((_, path, body),) = cloud.requests
        assert path.endswith("/tables/dead_letters/insertAll")
        assert 2 == len(json.loads(body)["rows"])
