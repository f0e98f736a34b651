"""Use case: a file request becomes a signed URL; the client sends the file to Cloud Storage."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest.ports import UploadSigner
from analytics_pipeline.ingest.refusals import InvalidBody, NotStored
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.object_names import FileName, Partition, object_uri

URL_LIFETIME = timedelta(minutes=30)
_MD5_BYTES = 16
# A media type as RFC 9110, 8.3.1 has it: printable ASCII that can stand in a header.
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+( *; *[!-~ ]+)?", re.ASCII)
_MAX_CONTENT_TYPE_LENGTH = 255


class FileDescription(msgspec.Struct, frozen=True):
    """The body of a file request: `md5_digest` in base64, `size` in bytes."""

    content_type: str
    md5_digest: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What a file request may ask for: no file is larger than `max_bytes`, stated or not."""

    require_size: bool
    max_bytes: int

    def admitted_lengths(self, size: int | None) -> str:
        """Return the least and the greatest length of a file of this stated size, in bytes."""
        least, greatest = (0, self.max_bytes) if size is None else (size, size)
        return f"{least},{greatest}"


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A validated place for one file; `received` is the one reading of the clock."""

    partition: Partition
    file_parent: str
    file_child: str
    received: datetime


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Admits one PUT to `signed_url`, with exactly `headers`, until `expires_at`."""

    signed_url: str
    headers: dict[str, str]
    md5_digest: str
    object: str
    expires_at: str


class Uploads:
    """Issues upload tickets; `signer` is called, and first built, by `workers` of its own."""

    def __init__(
        self,
        signer: Callable[[], UploadSigner],
        bucket: str,
        limits: UploadLimits,
        draw: Callable[[], int],
        workers: Workers,
    ) -> None:
        self._signer = signer
        self._bucket = bucket
        self._limits = limits
        self._draw = draw
        self._workers = workers

    async def issue(self, body: bytes, request: FileRequest) -> UploadTicket:
        """Return a ticket for the file that `body` describes.

        Raises InvalidBody naming the field that is wrong, NotStored when no URL can be signed,
        Overloaded when too many wait for theirs.
        """
        file = parse_description(body, self._limits)
        name = FileName(
            partition=request.partition,
            file_parent=request.file_parent,
            file_child=request.file_child,
            number=self._draw(),
        ).format()
        headers = {
            "Content-Type": file.content_type,
            "Content-MD5": file.md5_digest,
            "x-goog-content-length-range": self._limits.admitted_lengths(file.size),
        }
        try:
            url = await self._workers.run(self._sign, name, headers)
        except TransientError as exc:
            raise NotStored("no upload URL could be signed, try again") from exc
        uri = object_uri(self._bucket, name)
        logs.write("upload_url_issued", object=uri, size=file.size)
        expires_at = (request.received + URL_LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ")
        return UploadTicket(url, headers, file.md5_digest, uri, expires_at)

    def _sign(self, name: str, headers: Mapping[str, str]) -> str:
        return self._signer().sign_upload(name, headers, URL_LIFETIME)


def parse_description(body: bytes, limits: UploadLimits) -> FileDescription:
    """Return the validated file description; raises InvalidBody naming what is wrong."""
    try:
        file = msgspec.json.decode(body, type=FileDescription)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidBody(f"the body must describe the file as JSON: {exc}") from exc
    if len(file.content_type) > _MAX_CONTENT_TYPE_LENGTH or not _CONTENT_TYPE.fullmatch(
        file.content_type
    ):
        raise InvalidBody("content_type: a media type such as text/plain is needed")
    if not _is_md5(file.md5_digest):
        raise InvalidBody("md5_digest: the base64 text of the file's 16 MD5 bytes is needed")
    if file.size is None and limits.require_size:
        raise InvalidBody("size: the number of bytes is needed")
    if file.size is not None and not 0 <= file.size <= limits.max_bytes:
        raise InvalidBody(f"size: 0 to {limits.max_bytes} bytes are accepted")
    return file


def _is_md5(text: str) -> bool:
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(digest) == _MD5_BYTES and base64.b64encode(digest).decode() == text
