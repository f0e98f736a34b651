"""One HTTP request whose URL is a secret: what goes wrong is told without it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.upload_file.upload_failures import Interrupted, UploadFailed

# To connect, and of a stalled connection while sending; until the answer comes.
_TIMEOUT_SECONDS = (30.0, 120.0)
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_MAX_PAUSE_SECONDS = 60.0
_READ, _SHOWN = 3000, 300  # characters of an answer
_ELEMENT = r"<{0}>([^<]*)</{0}>"


def new_session() -> requests.Session:
    """Return a session that adds no credentials of its own: a `.netrc` would break signatures."""
    session = requests.Session()
    session.auth = _leave_alone
    return session


def send(
    http: requests.Session,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json: dict[str, Any] | None = None,
    data: Iterable[bytes] | None = None,
) -> requests.Response:
    """Send a request (parameters as in requests); returns any answer that is not to be tried again.

    Raises Interrupted (429, 5xx, timeouts, connections), UploadFailed for what is no URL.
    """
    try:
        answer = http.request(
            method,
            url,
            params=params,
            headers=headers,
            json=json,
            data=data,
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except (InvalidSchema, InvalidURL, MissingSchema):
        raise UploadFailed("the address is no URL such as https://gateway.example") from None
    except requests.Timeout:
        raise Interrupted("no answer in time") from None
    except requests.RequestException as exc:
        raise Interrupted(_cause_of(exc)) from None
    if answer.status_code == _TOO_MANY_REQUESTS or answer.status_code >= _SERVER_ERROR:
        raise Interrupted(f"answered {answer.status_code}", _pause(answer))
    return answer


def read_error(answer: requests.Response) -> tuple[str, str]:
    """Return code and text of Cloud Storage's error; the rest may repeat the signed URL.

    Source: XML API reference, "HTTP status and error codes".
    """
    code, message, details = (
        re.search(_ELEMENT.format(name), answer.text[:_READ])
        for name in ("Code", "Message", "Details")
    )
    text = details or message
    return (shorten(code[1]) if code else ""), (shorten(text[1]) if text else "")


def shorten(text: str) -> str:
    """Return what a server said as one short line."""
    return visible(" ".join(text.split())[:_SHOWN])


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _pause(answer: requests.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _MAX_PAUSE_SECONDS) if text.isdecimal() else 0


def _cause_of(exc: BaseException) -> str:
    """Return what the operating system said; the exception's own text holds the URL."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return f"no connection: {cause.strerror or type(cause).__name__}"
        cause = cause.__cause__ or cause.__context__
    return "the connection broke"
