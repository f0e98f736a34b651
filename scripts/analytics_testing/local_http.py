"""Speaks to a local pipeline, over HTTP and JSON."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 60.0
_OK, _NOT_MET = 200, 417


class NoLocalPipeline(Exception):
    """What answers at the URL is no pipeline of `analytics run`; the message says what to do."""


class LocalHttp:
    """A client of the pipeline at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def ask(self, method: str, path: str, body: object = None, wait: float = 0.0) -> Any:  # noqa: ANN401 - JSON
        """Return what the local API answers; raises AssertionError where it is not as expected.

        `wait` is how many seconds the answer may take by itself. Raises NoLocalPipeline, and
        ValueError for what the API does not take.
        """
        __tracebackhide__ = True
        status, answer = self.send(method, f"/_local{path}", json.dumps(body).encode(), wait)
        if status == _OK:
            return answer
        message = answer.get("message", "") if isinstance(answer, dict) else ""
        if status == _NOT_MET:
            raise AssertionError(message)
        if status == http.HTTPStatus.BAD_REQUEST:
            raise ValueError(message)
        raise NoLocalPipeline(self._advice(f"answers {path} with {status} {message}"))

    def send(self, method: str, path: str, body: bytes, wait: float = 0.0) -> tuple[int, Any]:
        """Send a request; returns status and JSON of its answer, None where that is none."""
        parts = urlsplit(self._url)
        kind = {"https": http.client.HTTPSConnection}.get(parts.scheme, http.client.HTTPConnection)
        connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS + wait)
        try:
            connection.request(method, f"{parts.path}{path}", body or None)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise NoLocalPipeline(self._advice(f"does not answer: {exc!r}")) from exc
        finally:
            connection.close()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None

    def _advice(self, problem: str) -> str:
        return (
            f"{self._url} {problem}. Tests take the pipeline of --analytics-url or ANALYTICS_URL:"
            " start one with `analytics run`, or give neither, and they start their own."
        )
