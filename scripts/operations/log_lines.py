"""The functions' own log lines: from Cloud Logging, or from the files of the local pipeline.

They are the one record of what was accepted that does not depend on what was stored.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from google.auth.transport.requests import AuthorizedSession
from requests import RequestException, Response

from scripts._cli import CommandFailed
from scripts.operations.target import Target

LogLine = Mapping[str, Any]  # the fields of analytics_pipeline.logs.write; `time` is ISO 8601, UTC

_ENDPOINT = "https://logging.googleapis.com"
_PAGE = 1000  # the most that entries.list returns at a time
_TIMEOUT_SECONDS = 60.0
_OK = 200


class LogsUnavailable(CommandFailed):
    """No log lines can be read; the message says why."""


class LogLines(Protocol):
    """Where log lines are read from."""

    def read(self, events: Collection[str], since: datetime, until: datetime) -> Iterator[LogLine]:
        """Yield the lines about the events that were written in [since, until), oldest first.

        Raises LogsUnavailable.
        """


class LogFiles:
    """The files of one folder, each of them in the order in which it was written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, events: Collection[str], since: datetime, until: datetime) -> Iterator[LogLine]:
        """Yield the lines, file by file (LogLines)."""
        if not self._folder.is_dir():
            raise LogsUnavailable(f"there is no folder {self._folder} of log files")
        for path in sorted(self._folder.glob("*.log")):
            with path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    line = _parse(text)
                    if line and line["event"] in events and since <= _time(line) < until:
                        yield line


class CloudLogging:
    """What the functions that serve a bucket log in the cloud (REST reference, entries.list)."""

    def __init__(
        self, session: AuthorizedSession, project: str, bucket: str, endpoint: str = _ENDPOINT
    ) -> None:
        self._session = session
        self._project = project
        self._bucket = bucket
        self._url = f"{endpoint}/v2/entries:list"

    def read(self, events: Collection[str], since: datetime, until: datetime) -> Iterator[LogLine]:
        """Yield the lines, a page at a time (LogLines)."""
        names = " OR ".join(f'"{event}"' for event in sorted(events))
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": (
                f'resource.type="cloud_run_revision" AND jsonPayload.event=({names})'
                f' AND jsonPayload.object:"gs://{self._bucket}/"'
                f' AND timestamp>="{since.isoformat()}" AND timestamp<"{until.isoformat()}"'
            ),
            "orderBy": "timestamp asc",
            "pageSize": _PAGE,
        }
        while True:
            page = self._post(body).json()
            for entry in page.get("entries", ()):
                yield {**entry["jsonPayload"], "time": entry["timestamp"]}
            if not page.get("nextPageToken"):
                return
            body["pageToken"] = page["nextPageToken"]

    def _post(self, body: dict[str, Any]) -> Response:
        try:
            answer = self._session.post(self._url, json=body, timeout=_TIMEOUT_SECONDS)
        except RequestException as exc:
            raise LogsUnavailable(f"Cloud Logging does not answer: {exc}") from exc
        if answer.status_code != _OK:
            raise LogsUnavailable(
                f"Cloud Logging answers {answer.status_code}: {answer.text[:300]}"
            )
        return answer


def log_lines_of(target: Target) -> LogLines:
    """Return where the log lines of a pipeline are.

    Raises LogsUnavailable for a local pipeline that does not say where its log files are.
    """
    settings = target.settings
    if settings.function_logs:
        return LogFiles(Path(settings.function_logs))
    if settings.storage_emulator_host:
        raise LogsUnavailable("the variable FUNCTION_LOGS does not name the folder of log files")
    return CloudLogging(
        AuthorizedSession(target.credentials), settings.google_cloud_project, settings.bucket_name
    )


def _time(line: LogLine) -> datetime:
    return datetime.fromisoformat(line["time"])


def _parse(text: str) -> dict[str, Any] | None:
    """Return the line if it is one of ours: the framework writes there, too."""
    if not text.startswith("{"):
        return None
    try:
        line = json.loads(text)
    except json.JSONDecodeError:  # cut short when its process was killed
        return None
    return line if "event" in line and "time" in line else None
