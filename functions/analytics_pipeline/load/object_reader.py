"""Adapter: objects out of Cloud Storage, through the JSON API (reference, `objects.get`).

Other readers parse every attribute of an object, so that one with a metadata value outside ASCII,
or with a name such as `a//b`, could never be read. Here its bytes are asked for, and nothing else.
"""

import io
from http import HTTPStatus
from urllib.parse import quote

import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.google_http import TIMEOUT
from analytics_pipeline.object_names import ObjectRef

_PIECE_BYTES = 1024 * 1024
# As it is stored: Cloud Storage does not undo gzip for whoever accepts it.
_HEADERS = {"Accept-Encoding": "gzip"}


class BucketReader:
    """Reads the objects that `http` may read; `endpoint` is the URL of Cloud Storage."""

    def __init__(self, http: urllib3.PoolManager, endpoint: str) -> None:
        self._http = http
        self._endpoint = endpoint

    def read(self, ref: ObjectRef, max_bytes: int) -> bytes:
        """Return the bytes as they are stored, at that generation (ports.ObjectReader)."""
        bucket, name = quote(ref.bucket, safe=""), quote(ref.name, safe="")
        url = (
            f"{self._endpoint}/download/storage/v1/b/{bucket}/o/{name}"
            f"?alt=media&generation={ref.generation}"
        )
        with translated(f"reading {ref.uri} failed"):
            answer = self._http.urlopen(
                "GET", url, headers=_HEADERS, timeout=TIMEOUT, preload_content=False
            )
            try:
                if answer.status == HTTPStatus.NOT_FOUND:
                    raise ObjectGone(f"{ref.uri}#{ref.generation}")
                if answer.status != HTTPStatus.OK:
                    raise TransientError(f"reading {ref.uri} failed: HTTP {answer.status}")
                return _content(answer, max_bytes)
            finally:
                answer.release_conn()


def _content(answer: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """Return the whole content, never more than one copy of it on the way."""
    content = io.BytesIO()
    for piece in answer.stream(_PIECE_BYTES, decode_content=False):
        content.write(piece)
        if content.tell() > max_bytes:
            raise PermanentLoadError("object_too_large", f"more than {max_bytes} bytes")
    return content.getvalue()
