"""log_lines: the functions' lines, from Cloud Logging's REST API and from files."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cloud_logging import CloudLoggingServer, refusal
from faulty_cloud import FaultyCloud
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from serving import serve
from starlette.responses import Response

from analytics_commands.foundation.pipeline import log_lines
from analytics_commands.foundation.pipeline.log_lines import (
    CloudLogging,
    LogFiles,
    LogsUnavailable,
    log_lines_of,
)
from analytics_commands.foundation.pipeline.target import Target, TargetSettings
from analytics_local_cloud.listeners import free_port

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)
EVENTS = {"batch_stored", "upload_url_issued"}
URI = "gs://events/data_type=json/analytics_environment=a/event_category=cold/o"
SETTINGS = {"google_cloud_project": "project", "bucket_name": "events"}


def at(second):
    """Return the time so many seconds after the beginning, as both sources have it."""
    return (SINCE + timedelta(seconds=second)).isoformat()


def quick_retry():
    """Return retries that a test can wait for."""
    return Retry(
        predicate=log_lines._RETRY._predicate, initial=0.01, maximum=0.02, multiplier=1, timeout=0.3
    )


def connect(url, credentials=None):
    """Return the logs of the server at `url`."""
    session = AuthorizedSession(credentials or AnonymousCredentials())
    return CloudLogging(session, "project", "events", url, quick_retry())


def read(logs):
    """Return all lines about the two events."""
    return list(logs.read(EVENTS, SINCE, UNTIL))


@pytest.fixture(name="cloud")
def _cloud():
    return CloudLoggingServer()


@pytest.fixture(name="logs")
def _logs(cloud):
    with serve(cloud) as url:
        yield connect(url)


class TestCloudLogging:
    def test_fields(self, logs, cloud):
        """A line has the fields that were logged, and the time of its entry."""
        cloud.log(at(1), event="batch_stored", object=URI, event_count=3)

        expected = {"event": "batch_stored", "object": URI, "event_count": 3, "time": at(1)}
        assert [expected] == read(logs)

    @pytest.mark.parametrize(
        ("changed", "is_read"),
        [
            ({}, True),
            ({"event": "upload_url_issued"}, True),
            ({"event": "request_failed"}, False),
            ({"object": "gs://other/o"}, False),
            ({"object": None}, True),
            ({"resource": "gce_instance"}, False),
            ({"time": at(-1)}, False),
            ({"time": at(0)}, True),
            ({"time": at(3599.9)}, True),
            ({"time": at(3600)}, False),
        ],
        ids=str,
    )
    def test_filter(self, logs, cloud, changed, is_read):
        """Only lines about the events, of this bucket or of none, in [since, until), are read."""
        cloud.log(**{"time": at(1), "event": "batch_stored", "object": URI} | changed)

        assert is_read is bool(read(logs))

    def test_pages(self, logs, cloud):
        """All pages are read, each line once, oldest first."""
        cloud.limit = 70
        for second in reversed(range(200)):
            cloud.log(at(second), event="batch_stored", object=f"{URI}{second}")

        assert [f"{URI}{second}" for second in range(200)] == [
            line["object"] for line in read(logs)
        ]
        assert 3 == len(cloud.bodies)
        assert {1000} == {body["pageSize"] for body in cloud.bodies}

    def test_an_empty_page(self, logs, cloud):
        """A page without entries is not the end as long as it names a next one."""
        cloud.is_slow = True
        cloud.log(at(1), event="batch_stored", object=URI)

        assert 1 == len(read(logs))

    def test_no_lines(self, logs):
        """No lines are no failure."""
        assert [] == read(logs)

    def test_one_page_at_a_time(self, logs, cloud):
        """A page is asked for when it is needed, so that any number of lines can be read."""
        cloud.limit = 1
        for second in range(3):
            cloud.log(at(second), event="batch_stored", object=URI)
        lines = logs.read(EVENTS, SINCE, UNTIL)

        assert [] == cloud.bodies
        next(lines)
        assert 1 == len(cloud.bodies)

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_passing_failures(self, logs, cloud, status):
        """Over the quota, or while it is down, Cloud Logging is asked again for the same page."""
        cloud.limit = 1
        for second in range(3):
            cloud.log(at(second), event="batch_stored", object=f"{URI}{second}")
        busy = refusal(status, "RESOURCE_EXHAUSTED", "Quota exceeded")
        lines = logs.read(EVENTS, SINCE, UNTIL)
        first = next(lines)
        cloud.answers = [busy, busy]

        assert [f"{URI}{n}" for n in range(3)] == [each["object"] for each in [first, *lines]]

    def test_a_lasting_failure(self, logs, cloud):
        """What does not pass ends with Cloud Logging's own words."""
        cloud.answers = [refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded")] * 1000

        with pytest.raises(LogsUnavailable, match="Cloud Logging answers 429: Quota exceeded"):
            read(logs)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (refusal(403, "PERMISSION_DENIED", "Permission denied"), "403: Permission denied"),
            (Response("<p>\nNot here</p>", 404), "404: <p> Not here</p>"),
        ],
        ids=["JSON", "HTML"],
    )
    def test_refused(self, logs, cloud, answer, words):
        """A refusal is final, and told in Cloud Logging's own words."""
        cloud.answers = [answer]

        with pytest.raises(LogsUnavailable, match=f"Cloud Logging answers {words}"):
            read(logs)

        assert 1 == len(cloud.bodies)

    def test_another_project(self, cloud):
        """What may be read is decided by the project."""
        with serve(cloud) as url:
            session = AuthorizedSession(AnonymousCredentials())
            logs = CloudLogging(session, "other", "events", url, quick_retry())

            with pytest.raises(LogsUnavailable, match="403: Permission denied"):
                read(logs)

    def test_no_json(self, logs, cloud):
        """An answer that is no JSON is a failure, not an empty log."""
        cloud.answers = [Response("<p>Welcome to the hotel</p>")]

        with pytest.raises(LogsUnavailable, match="Cloud Logging does not answer"):
            read(logs)

    def test_silence(self, monkeypatch):
        """A server that does not answer is not waited for without end."""
        monkeypatch.setattr(log_lines, "_TIMEOUT_SECONDS", 0.2)
        with serve(FaultyCloud(5)) as url, pytest.raises(LogsUnavailable, match="not answer"):
            read(connect(url))

    def test_nobody_there(self):
        """A refused connection is told as such."""
        with pytest.raises(LogsUnavailable, match="not answer"):
            read(connect(f"http://127.0.0.1:{free_port()}"))

    def test_credentials(self, cloud):
        """Requests carry the caller's token."""
        with serve(cloud) as url:
            read(connect(url, Credentials(token="t0ken")))

        assert ["Bearer t0ken"] == cloud.tokens


class TestLogFiles:
    @pytest.fixture(name="folder")
    def _folder(self, tmp_path):
        lines = [
            {"time": at(1), "event": "batch_stored", "object": URI},
            {"time": at(2), "event": "object_loaded", "object": URI},
            {"time": at(3600), "event": "batch_stored", "object": URI},
            {"time": at(3), "event": "upload_url_issued", "object": "gs://events/data_type=file/f"},
        ]
        text = "\n".join(["Serving on port 8080", *map(json.dumps, lines), '{"no": "event"}'])
        (tmp_path / "ingest.log").write_bytes(text.encode() + b'\n\xff\n{"event": "batch_st')
        (tmp_path / "notes.txt").write_text(json.dumps(lines[0]))
        return tmp_path

    def test_lines(self, folder):
        """Lines about the events are read in the time asked for; whatever else is there is not."""
        assert ["batch_stored", "upload_url_issued"] == [
            line["event"] for line in read(LogFiles(folder))
        ]

    def test_lines_without_an_object(self, folder):
        """A line that is about no object is read, too."""
        (folder / "ingest.log").write_text(json.dumps({"time": at(1), "event": "batch_stored"}))

        assert 1 == len(read(LogFiles(folder)))

    def test_all_files(self, folder):
        """Every function's file is read."""
        (folder / "load.log").write_text((folder / "notes.txt").read_text())

        assert 3 == len(read(LogFiles(folder)))

    def test_no_folder(self, tmp_path):
        """A folder that does not exist is said to be missing."""
        with pytest.raises(LogsUnavailable, match=r"there is no folder .*gone"):
            read(LogFiles(tmp_path / "gone"))


class TestWhere:
    def of(self, **settings):
        """Return where the lines of that pipeline are."""
        return log_lines_of(Target(TargetSettings(**SETTINGS | settings)))

    def test_files(self, tmp_path):
        """A pipeline that names the folder of its logs is read there."""
        assert [] == read(self.of(function_logs=str(tmp_path)))

    def test_no_files(self):
        """A local pipeline that names no folder has no log, and the cloud's is not asked."""
        with pytest.raises(LogsUnavailable, match="FUNCTION_LOGS"):
            self.of(storage_emulator_host="http://127.0.0.1:1")
