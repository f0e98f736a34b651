"""Adapter: objects out of Cloud Storage, through the JSON API (reference, `objects.get`).

Other readers parse every attribute of an object, so that one with a metadata value outside ASCII,
or with a name such as `a//b`, could never be read. Here its bytes are asked for, and nothing else.
"""

import io
from http import HTTPStatus
from urllib.parse import quote

import requests
import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.object_names import ObjectRef

# Of one answer to come, and of one piece of it: a slow line takes as long as it takes.
_TIMEOUT_SECONDS = (4.0, 10.0)
_PIECE_BYTES = 1024 * 1024
# As it is stored: Cloud Storage does not undo gzip for whoever accepts it.
_HEADERS = {"Accept-Encoding": "gzip"}


class BucketReader:
    """Reads objects with the session's rights; `endpoint` is the URL of Cloud Storage."""

    def __init__(self, session: requests.Session, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint

    def read(self, ref: ObjectRef, max_bytes: int) -> bytes:
        """Return the bytes as they are stored, at that generation (ports.ObjectReader)."""
        bucket, name = quote(ref.bucket, safe=""), quote(ref.name, safe="")
        with (
            translated(f"reading {ref.uri} failed"),
            self._session.get(
                f"{self._endpoint}/download/storage/v1/b/{bucket}/o/{name}",
                params={"alt": "media", "generation": ref.generation},
                headers=_HEADERS,
                stream=True,
                timeout=_TIMEOUT_SECONDS,
            ) as answer,
        ):
            if answer.status_code == HTTPStatus.NOT_FOUND:
                raise ObjectGone(f"{ref.uri}#{ref.generation}")
            if answer.status_code != HTTPStatus.OK:
                raise TransientError(f"reading {ref.uri} failed: HTTP {answer.status_code}")
            return _content(answer.raw, max_bytes)


def _content(answer: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """Return the whole content, never more than one copy of it on the way."""
    content = io.BytesIO()
    for piece in answer.stream(_PIECE_BYTES, decode_content=False):
        content.write(piece)
        if content.tell() > max_bytes:
            raise PermanentLoadError("object_too_large", f"more than {max_bytes} bytes")
    return content.getvalue()
