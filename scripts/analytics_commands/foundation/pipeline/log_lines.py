"""The functions' own log lines: from Cloud Logging, or from the files of the local pipeline.

They are there at once; the view `receipts` has those about objects, a while later.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry, if_exception_type
from google.auth.transport.requests import AuthorizedSession
from requests import RequestException, Response

from analytics_commands.foundation.pipeline.target import Target
from analytics_commands.foundation.terminal.ending import CommandFailed

LogLine = Mapping[str, Any]  # the fields of analytics_pipeline.logs.write; `time` is ISO 8601, UTC

_ENDPOINT = "https://logging.googleapis.com"
_PAGE = 1000  # the most that entries.list returns at a time
_TIMEOUT_SECONDS = 60.0
_MAX_WORDS = 300  # characters of an answer that an error repeats


class LogsUnavailable(CommandFailed):
    """No log lines can be read; the message says why."""


class _TryLater(Exception):
    """Cloud Logging cannot answer now."""


# A project may ask 60 times a minute, all its users together (Cloud Logging, "Quotas and limits").
_RETRY = Retry(
    predicate=if_exception_type(_TryLater), initial=1.0, maximum=20.0, multiplier=2.0, timeout=180.0
)


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
                    if (
                        line is not None
                        and line["event"] in events
                        and since <= datetime.fromisoformat(line["time"]) < until
                    ):
                        yield line


class CloudLogging:
    """What the functions that serve a bucket log in the cloud (REST reference, entries.list)."""

    def __init__(
        self,
        session: AuthorizedSession,
        project: str,
        bucket: str,
        endpoint: str = _ENDPOINT,
        retry: Retry = _RETRY,
    ) -> None:
        self._session = session
        self._project = project
        self._bucket = bucket
        self._url = f"{endpoint}/v2/entries:list"
        self._ask = retry(self._post)

    def read(self, events: Collection[str], since: datetime, until: datetime) -> Iterator[LogLine]:
        """Yield the lines, a page at a time (LogLines)."""
        names = " OR ".join(json.dumps(event) for event in sorted(events))
        bucket = json.dumps(f"gs://{self._bucket}/")
        clauses = [
            'resource.type="cloud_run_revision"',
            f"jsonPayload.event=({names})",
            f"(jsonPayload.object:{bucket} OR NOT jsonPayload.object:*)",  # a refusal has none
            f'timestamp>="{since.isoformat()}"',
            f'timestamp<"{until.isoformat()}"',
        ]
        body: dict[str, Any] = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": " AND ".join(clauses),
            "orderBy": "timestamp asc",
            "pageSize": _PAGE,
        }
        while True:
            page = self._read_page(body)
            for entry in page.get("entries", ()):
                yield {**entry["jsonPayload"], "time": entry["timestamp"]}
            if not page.get("nextPageToken"):  # a page may be empty and yet not the last
                return
            body["pageToken"] = page["nextPageToken"]

    def _read_page(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            page: Mapping[str, Any] = self._ask(body).json()
        except RetryError as exc:
            raise LogsUnavailable(f"Cloud Logging answers {exc.cause}") from exc
        except RequestException as exc:
            raise LogsUnavailable(f"Cloud Logging does not answer: {exc}") from exc
        return page

    def _post(self, body: Mapping[str, Any]) -> Response:
        answer = self._session.post(self._url, json=body, timeout=_TIMEOUT_SECONDS)
        status = answer.status_code
        if status == HTTPStatus.OK:
            return answer
        said = f"{status}: {_words(answer)}"
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _TryLater(said)
        raise LogsUnavailable(f"Cloud Logging answers {said}")


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


def _parse(text: str) -> dict[str, Any] | None:
    """Return the line if it is one of ours: the framework writes there, too."""
    if not text.startswith("{"):
        return None
    try:
        line = json.loads(text)
    except json.JSONDecodeError:  # cut short when its process was killed
        return None
    return line if "event" in line and "time" in line else None


def _words(answer: Response) -> str:
    """Return what an error says (REST reference, Status)."""
    try:
        words = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        words = answer.text
    return " ".join(words.split())[:_MAX_WORDS]
