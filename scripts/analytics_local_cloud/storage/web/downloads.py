"""An object's bytes as an answer: ranges, and gzip undone for clients that do not accept it."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from analytics_local_cloud.storage.disk.blobs import CHUNK_BYTES
from analytics_local_cloud.storage.metadata import StoredObject, to_datetime
from analytics_local_cloud.storage.objects.generations import Objects
from analytics_local_cloud.storage.storage_errors import RangeNotSatisfiable

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_GZIP = zlib.MAX_WBITS | 16
_PROPERTY_HEADERS = {
    "contentDisposition": "content-disposition",
    "contentLanguage": "content-language",
    "cacheControl": "cache-control",
}


@dataclass(frozen=True, slots=True)
class _Range:
    """Bytes `first` to `last`, inclusive."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


class _FileAnswer(StreamingResponse):
    """An answer out of a file, which is closed at its end, even if nobody waits for it."""

    def __init__(
        self, chunks: AsyncIterator[bytes], file: BinaryIO, status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(chunks, status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        with self._file:
            await super().__call__(scope, receive, send)


def object_headers(stored: StoredObject) -> dict[str, str]:
    """Return what an answer says about an object (XML API reference, headers)."""
    hashes = f"crc32c={stored.crc32c}" + (f",md5={stored.md5}" if stored.md5 else "")
    headers = {
        "content-type": stored.properties.get("contentType") or "application/octet-stream",
        "etag": stored.xml_etag,
        "last-modified": format_datetime(to_datetime(stored.updated), usegmt=True),
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": hashes,
        "x-goog-storage-class": stored.properties.get("storageClass") or "STANDARD",
        "x-goog-stored-content-encoding": stored.content_encoding or "identity",
        "x-goog-stored-content-length": str(stored.size),
        "accept-ranges": "bytes",
    }
    for name, header in _PROPERTY_HEADERS.items():
        if name in stored.properties:
            headers[header] = stored.properties[name]
    for key, value in stored.metadata.items():
        if _TOKEN.fullmatch(key):  # no header can be called anything else
            headers[f"x-goog-meta-{key}"] = value
    return {name: _header_text(value) for name, value in headers.items()}


def _header_text(value: str) -> str:
    """Return `value` so that it travels as UTF-8 in one line, whatever is in it."""
    return _CONTROLS.sub(" ", value).encode(errors="replace").decode("latin-1")


def content_answer(
    request: Request, objects: Objects, find: Callable[[], StoredObject]
) -> Response:
    """Return the bytes of the object `find` finds, or the part that the request asks for.

    Its entity tag is that of the JSON API if the request came that way.

    Raises what `find` raises, and RangeNotSatisfiable.
    """
    stored = find()
    try:
        return _answer(request, stored, objects.path(stored))
    except FileNotFoundError:  # replaced or deleted in between
        stored = find()
        return _answer(request, stored, objects.path(stored))


def _answer(request: Request, stored: StoredObject, path: Path) -> Response:
    headers = object_headers(stored)
    if "alt" in request.query_params or request.scope["path"].startswith("/download/"):
        headers["etag"] = stored.etag
    for name in ("content-type", "content-disposition"):
        if value := request.query_params.get(f"response-{name}"):
            headers[name] = _header_text(value)
    if stored.content_encoding:
        headers["content-encoding"] = stored.content_encoding
    whole = _Range(0, stored.size - 1)
    if request.method == "HEAD":
        return Response(headers=headers | {"content-length": str(stored.size)})
    if stored.content_encoding == "gzip" and not _accepts_gzip(request.headers):
        del headers["content-encoding"]
        headers["warning"] = "214 UploadServer gunzipped"
        file = path.open("rb")
        return _FileAnswer(_gunzip(_read(file, whole)), file, 200, headers)
    part = _parse_range(request.headers.get("range", ""), stored.size)
    if part is not None:
        headers["content-range"] = f"bytes {part.first}-{part.last}/{stored.size}"
    return _bytes_answer(path, part or whole, 200 if part is None else 206, headers)


def _bytes_answer(path: Path, part: _Range, status: int, headers: dict[str, str]) -> Response:
    if part.size > CHUNK_BYTES:
        headers["content-length"] = str(part.size)
        file = path.open("rb")
        return _FileAnswer(_read(file, part), file, status, headers)
    with path.open("rb") as file:
        file.seek(part.first)
        return Response(file.read(part.size), status, headers)


def _parse_range(header: str, size: int) -> _Range | None:
    """Return the one range a request asks for; None: all (RFC 9110, 14.2)."""
    found = _RANGE.fullmatch(header)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if first:
        part = _Range(int(first), min(int(last or size), size - 1))
    else:
        part = _Range(max(0, size - int(last)), size - 1)
    if first and last and int(last) < int(first):
        return None
    if part.size <= 0:
        raise RangeNotSatisfiable("The requested range cannot be satisfied.")
    return part


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    return "gzip" in headers.get("accept-encoding", "").lower()


async def _read(file: BinaryIO, part: _Range) -> AsyncIterator[bytes]:
    """Yield a part of an open file, which a removal of its name does not disturb."""
    file.seek(part.first)
    left = part.size
    while left > 0:
        chunk = await asyncio.to_thread(file.read, min(left, CHUNK_BYTES))
        left -= len(chunk)
        yield chunk


async def _gunzip(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the decompressed content; breaks the connection when it is corrupt."""
    member = None
    async for chunk in chunks:
        rest = chunk
        while rest:
            member = member or zlib.decompressobj(_GZIP)
            yield member.decompress(rest)
            rest = member.unused_data
            if member.eof:
                member = None
    if member is not None:
        raise EOFError("the gzip-encoded object is truncated")
