"""Paths as they were sent: a `%2F` inside an object's name is no separator.

Routes match the encoded path, and their parameters `{name:segment}` (no slash) and `{name:rest}`
are decoded afterwards, once. Names such as `a/../b` or `a%2Fb` stay what they are.
`{name:bucket}` is a segment too, but none where a JSON API lives.
"""

import re
from typing import ClassVar
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_TESTS = "retry_test"  # no bucket can have this name
_JSON_ROOTS = (
    "(?:storage/v1|(?:resumable/)?upload/storage|download/storage|batch/storage"
    "|v1/projects|computeMetadata/v1)/"
)


def is_json_path(path: str) -> bool:
    """Tell whether a path belongs to an API that speaks JSON, not XML."""
    return re.match(f"/(?:{_JSON_ROOTS}|{RETRY_TESTS}(?:/|$))", path) is not None


class EncodedPaths:
    """Middleware: routes see the path of the request line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request."""
        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)


class _Segment(Convertor[str]):
    """One percent-encoded segment."""

    regex: ClassVar[str] = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


class _Rest(_Segment):
    """All that follows, slashes included."""

    regex: ClassVar[str] = ".+"


class _Bucket(_Segment):
    """The first segment of the XML API's paths."""

    regex: ClassVar[str] = f"(?!{_JSON_ROOTS}|{RETRY_TESTS}/)[^/]+"


register_url_convertor("bucket", _Bucket())
register_url_convertor("segment", _Segment())
register_url_convertor("rest", _Rest())
