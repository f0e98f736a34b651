"""Files: a ticket of the pipeline, then a PUT straight to where it says."""

import base64
import hashlib
import http.client
import io
import json
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import IO

from analytics_pipeline_client.client_errors import UploadFailedError, WithdrawnError
from analytics_pipeline_client.device_clock import iso
from analytics_pipeline_client.options import Options, is_label
from analytics_pipeline_client.sending.gate import Gate
from analytics_pipeline_client.sending.pacing import Pacing
from analytics_pipeline_client.sending.transport import Transport
from analytics_pipeline_client.sending.verdicts import Answer, Verdict, judge, pause_asked

_SPENT = frozenset({403, 412})  # a URL that an attempt without an answer may have used up


@dataclass(frozen=True)
class Upload:
    """A file, or bytes, and where it belongs: the parameters of `POST /v1/file`."""

    content: bytes | str | Path
    content_type: str
    file_parent: str
    file_child: str
    category: str

    def __post_init__(self) -> None:
        """Refuse what the server would."""
        for name in ("file_parent", "file_child", "category"):
            if not is_label(getattr(self, name)):
                raise ValueError(f"{name} is not 1 to 64 of A-Z a-z 0-9 . _ -")

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], int, str]]:
        """Open it: its bytes, how many they are, and their MD5 in base64."""
        content = self.content
        with (
            io.BytesIO(content) if isinstance(content, bytes) else Path(content).open("rb") as file
        ):
            digest = hashlib.md5(usedforsecurity=False)
            while chunk := file.read(1 << 20):
                digest.update(chunk)
            size = file.tell()
            file.seek(0)
            yield file, size, base64.b64encode(digest.digest()).decode()


class Uploader:
    """Sends files to the pipeline of a URL."""

    def __init__(self, address: tuple[str, str], options: Options, gate: Gate) -> None:
        self._url, self._key = address
        self._options = options
        self._gate = gate

    def upload(self, upload: Upload, timeout: float) -> str:
        """Store a file, trying for some seconds; return its name in Cloud Storage.

        Each attempt takes a new ticket. Raises `UploadFailedError` where it is refused, or the
        time is over, and `WithdrawnError` without consent.
        """
        options = self._options
        pacing = Pacing(options.retry_base, options.retry_cap, options.halt_seconds)
        end = time.monotonic() + timeout
        attempts = 0
        while True:
            ticket = self._gate.take_pass()
            if ticket is None:
                raise WithdrawnError("consent is not given")
            try:
                with upload.opened() as (file, size, digest):
                    place = self._ask(upload, size, digest, ticket)
                    return self._put(place, file, size, ticket)
            except _PassingError as error:
                pacing.failed(0, attempts, error.pause)
                attempts += 1
                pause = pacing.pause()
                if time.monotonic() + pause >= end:
                    raise UploadFailedError(f"{error}, after {attempts} attempts") from None
                time.sleep(pause)

    def _ask(self, upload: Upload, size: int, digest: str, ticket: int) -> Mapping[str, object]:
        """Return the ticket of the pipeline."""
        parameters = {
            "event_category": upload.category,
            "analytics_environment": self._options.environment,
            "file_parent": upload.file_parent,
            "file_child": upload.file_child,
            "key": self._key,
            "sent_at": iso(self._options.clock()),
        }
        base = urllib.parse.urlsplit(self._url).path.rstrip("/")
        target = f"{base}/v1/file?{urllib.parse.urlencode(parameters)}"
        told = {"content_type": upload.content_type, "md5_digest": digest, "size": size}
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        answer = self._request(self._url, "POST", target, io.BytesIO(body), headers, ticket)
        if answer.status == HTTPStatus.OK:
            return _place(answer.body)
        judgement = judge(answer, 1, self._options.clock())
        text = f"POST /v1/file: {answer.status} {judgement.reason} {judgement.message}".rstrip()
        if judgement.verdict is Verdict.RETRY:
            raise _PassingError(text, judgement.pause)
        raise UploadFailedError(text)

    def _put(self, place: Mapping[str, object], file: IO[bytes], size: int, ticket: int) -> str:
        url, headers = str(place["signed_url"]), dict(_texts(place["headers"]))
        parts = urllib.parse.urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers["Content-Length"] = str(size)
        answer = self._request(url, "PUT", target, file, headers, ticket)
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return str(place["object"])
        text = f"PUT of the file: {answer.status}"
        if answer.status in _SPENT or judge(answer, 1, 0).verdict is Verdict.RETRY:
            raise _PassingError(text, pause_asked(answer.headers, self._options.clock()))
        raise UploadFailedError(text)

    def _request(  # noqa: PLR0917 - as HTTP has it
        self,
        url: str,
        method: str,
        target: str,
        body: IO[bytes],
        headers: Mapping[str, str],
        ticket: int,
    ) -> Answer:
        try:
            with closing(Transport(url, self._options)) as transport:
                passing = partial(self._gate.passing, ticket)
                return transport.request(method, target, body, headers, passing)
        except (OSError, http.client.HTTPException) as error:
            raise _PassingError(f"{method}: {type(error).__name__}", 0.0) from None


class _PassingError(Exception):
    """A new attempt may succeed, after a pause."""

    def __init__(self, text: str, pause: float) -> None:
        super().__init__(text)
        self.pause = pause


def _place(body: bytes) -> Mapping[str, object]:
    """Return the ticket in an answer; one that is cut short is no ticket."""
    try:
        place = json.loads(body)
        if {"signed_url", "headers", "object"} <= place.keys():
            return dict(place)
    except (ValueError, AttributeError):
        pass
    raise _PassingError("POST /v1/file: the answer is no ticket", 0.0)


def _texts(headers: object) -> Iterator[tuple[str, str]]:
    if isinstance(headers, dict):
        yield from ((str(name), str(value)) for name, value in headers.items())
