"""JSON API: uploads in several requests (Cloud Storage guide, "Resumable uploads")."""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.storage.json_api.upload_target import upload_target
from analytics_local_cloud.storage.objects.resumable import Upload
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import parse_hashes, read_json
from analytics_local_cloud.storage.web.storage_answers import resource_answer

_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")
_RESUME_INCOMPLETE = 308
_CANCELLED = 499


@dataclass(frozen=True, slots=True)
class _Piece:
    """The bytes of one request: where they begin (None: there are none), of how many in all."""

    first: int | None
    total: int | None
    is_whole: bool

    def completes(self, received: int) -> bool:
        """Tell whether an upload that holds `received` bytes is complete."""
        return self.is_whole or received == self.total


class ResumableApi:
    """The protocol of upload sessions in `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def start(self, request: Request) -> Response:
        """Begin a session; its URL is in the header Location."""
        metadata = await read_json(request)
        content_type = request.headers.get("x-upload-content-type")
        target = upload_target(request, metadata, content_type)
        self._store.buckets.get(target.bucket)
        upload_id = await self._store.uploads.start(target)
        url = request.url.replace_query_params(uploadType="resumable", upload_id=upload_id)
        return Response(headers={"location": str(url), "x-guploader-uploadid": upload_id})

    async def resume(self, request: Request) -> Response:
        """Take the next bytes of a session, or tell with 308 how many are here.

        Bytes that are here already, and those after a gap, are ignored: the answer tells the client
        where to go on. Raises NoUpload or Invalid, and as Objects.put when the last byte is here.
        """
        upload = self._find(request)
        if upload.generation is not None:
            target = upload.target
            return resource_answer(request, self._store.objects.get(target.bucket, target.name))
        piece = _parse_content_range(request.headers.get("content-range"))
        if piece.first is not None and piece.first <= upload.received:
            known = upload.received - piece.first
            upload = await self._store.uploads.append(upload, request.stream(), known)
        if not piece.completes(upload.received):
            return _incomplete(upload.received)
        hashes = parse_hashes(request.headers.get("x-goog-hash", ""))
        return resource_answer(request, await self._store.uploads.finish(upload, **hashes))

    async def cancel(self, request: Request) -> Response:
        """Forget a session."""
        await self._store.uploads.cancel(self._find(request))
        return Response(status_code=_CANCELLED)

    def _find(self, request: Request) -> Upload:
        return self._store.uploads.get(request.query_params.get("upload_id", ""))


def _parse_content_range(header: str | None) -> _Piece:
    """Return what a request brings: without the header, all of the content; raises Invalid."""
    if header is None:
        return _Piece(first=0, total=None, is_whole=True)
    found = _CONTENT_RANGE.fullmatch(header)
    if found is None:
        raise Invalid(f"Invalid Content-Range: {header}")
    first, total = found["first"], found["total"]
    return _Piece(
        first=None if first is None else int(first),
        total=None if total == "*" else int(total),
        is_whole=False,
    )


def _incomplete(received: int) -> Response:
    headers = {"range": f"bytes=0-{received - 1}"} if received else {}
    return Response(status_code=_RESUME_INCOMPLETE, headers=headers)
