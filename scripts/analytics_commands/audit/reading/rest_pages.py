"""One page of an answer of Google's REST APIs, decoded into what is read of it."""

from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_failures import translated

_TIMEOUT = urllib3.Timeout(connect=4.0, read=60.0)
_MOST_WORDS = 300  # characters of an answer that an error repeats
_Page = TypeVar("_Page")


class _Error(msgspec.Struct):
    message: str = ""


class _Refusal(msgspec.Struct):
    error: _Error


def get_page(
    http: urllib3.PoolManager,
    url: str,
    query: dict[str, str],
    decoder: msgspec.json.Decoder[_Page],
    failure: str,
) -> _Page:
    """Return the page; raises TransientError, which begins with `failure`."""
    with translated(failure):
        answer = http.urlopen(
            "GET",
            f"{url}?{urlencode(query)}",
            timeout=_TIMEOUT,
            headers={"Accept-Encoding": "gzip"},
        )
    if answer.status != HTTPStatus.OK:
        raise TransientError(f"{failure}: HTTP {answer.status} {_words(answer.data)}".rstrip())
    try:
        return decoder.decode(answer.data)
    except (ValueError, msgspec.DecodeError) as exc:
        raise TransientError(f"{failure}: {exc}") from exc


def _words(body: bytes) -> str:
    try:
        said = msgspec.json.decode(body, type=_Refusal).error.message
    except (ValueError, msgspec.DecodeError):
        said = body.decode(errors="replace")
    return " ".join(said.split())[:_MOST_WORDS]
