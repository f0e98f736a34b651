"""Cloud Storage's part: one PUT to a signed URL (XML API reference, "Upload an object")."""

import base64
from collections.abc import Callable

import requests

from analytics_commands.upload_file.exchange import read_error, send
from analytics_commands.upload_file.file_source import Source
from analytics_commands.upload_file.upload_failures import UploadFailed, UrlExpired, UrlRefused
from analytics_pipeline.ingest.uploads import UploadTicket

_OK, _FORBIDDEN = 200, 403
_EXPIRED = "ExpiredToken"
_CHANGED_ON_ITS_WAY = {"BadDigest", "EntityTooLarge", "EntityTooSmall"}
_MD5_HEX_LENGTH = 32


def put(
    http: requests.Session, ticket: UploadTicket, source: Source, advance: Callable[[int], None]
) -> None:
    """Send the content with exactly the ticket's headers; returns once it is stored and compared.

    Raises UrlRefused, UrlExpired, Interrupted, or UploadFailed, also for another MD5.
    """
    # requests announces the length of a stream, except of an empty one.
    body = source.read_from_start(advance) if source.size else None
    answer = send(http, "PUT", ticket.signed_url, data=body, headers=ticket.headers)
    if answer.status_code == _OK:
        _compare(answer, ticket, source.md5_digest)
        return
    code, message = read_error(answer)
    said = f"Cloud Storage answered {answer.status_code} {code} {message}".strip()
    if answer.status_code == _FORBIDDEN:
        raise UrlRefused(said)
    if code == _EXPIRED:
        raise UrlExpired(said)
    if code in _CHANGED_ON_ITS_WAY:
        source.check_unchanged()
        raise UploadFailed(f"{said}; what arrived is not what was read, upload it again")
    raise UploadFailed(said)


def _compare(answer: requests.Response, ticket: UploadTicket, md5_digest: str) -> None:
    """Raise UploadFailed when what is stored has another MD5.

    Without `x-goog-hash` the ETag is compared, where it is an MD5: with a customer-managed key it
    is not, and the Content-MD5 that was sent is what Cloud Storage compared.
    """
    stored = _md5_of(answer)
    if stored is not None and stored != md5_digest:
        raise UploadFailed(
            f"Cloud Storage says that the MD5 of {ticket.object} is {stored}, not {md5_digest}"
        )


def _md5_of(answer: requests.Response) -> str | None:
    """Return the MD5 that the answer states, in base64."""
    for part in answer.headers.get("x-goog-hash", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "md5":
            return value
    e_tag = answer.headers.get("ETag", "").strip('"')
    if len(e_tag) != _MD5_HEX_LENGTH or not set(e_tag) <= set("0123456789abcdef"):
        return None
    return base64.b64encode(bytes.fromhex(e_tag)).decode()
