"""Load jobs with their data in the request: multipart and resumable uploads ("Upload data")."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.api_errors import ApiError, not_found, unsupported
from analytics_local_cloud.warehouse.web.calls import (
    decode_object,
    json_response,
    read_body,
    run_in_pool,
    warehouse_of,
)
from analytics_local_cloud.warehouse.web.jobs_api import start_job

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_MAX_MULTIPART_BYTES = 32 * 1024 * 1024  # clients send more in a resumable upload


@dataclass(frozen=True)
class Upload:
    """An upload under way: the job's message, and the data received so far."""

    folder: Path
    name: str

    @property
    def data(self) -> Path:
        """The file of the data."""
        return self.folder / f"{self.name}.data"

    @property
    def job(self) -> Path:
        """The file of the job's message."""
        return self.folder / f"{self.name}.json"

    def discard(self) -> None:
        """Remove both files."""
        self.data.unlink(missing_ok=True)
        self.job.unlink(missing_ok=True)


async def start_upload(request: Request) -> Response:
    """`jobs.insert` on the upload host, `uploadType` multipart or resumable."""
    warehouse = warehouse_of(request)
    upload = Upload(warehouse.uploads, uuid.uuid4().hex)
    kind = request.query_params.get("uploadType")
    if kind == "resumable":
        body = await request.body()
        upload.job.write_bytes(msgspec.json.encode(decode_object(body)))
        upload.data.touch()
        location = request.url.include_query_params(upload_id=upload.name)
        return Response(headers={"Location": str(location)})
    if kind != "multipart":
        raise unsupported(f"uploads of type {kind}")
    body = await read_body(request, _MAX_MULTIPART_BYTES)
    job, data = split_multipart(body, request.headers.get("content-type", ""))
    try:
        upload.data.write_bytes(data)
        return await _run(request, job, upload.data)
    finally:
        upload.discard()


async def continue_upload(request: Request) -> Response:
    """Take a chunk of a resumable upload; the last one runs the job."""
    warehouse = warehouse_of(request)
    name = request.query_params.get("upload_id", "")
    upload = Upload(warehouse.uploads, name)
    if not _UPLOAD_ID.fullmatch(name) or not upload.job.exists():
        raise not_found("Upload", name)
    match = _RANGE.fullmatch(request.headers.get("content-range", "bytes 0-0/*"))
    if match is None:
        raise ApiError("invalid", "Invalid Content-Range", "Content-Range")
    start, _, total = match.groups()
    if start is not None:
        if int(start) > upload.data.stat().st_size:
            raise ApiError("invalid", "The chunk leaves a gap", "Content-Range")
        await _receive(request, upload.data, int(start))
    size = upload.data.stat().st_size
    if "content-range" in request.headers and (total == "*" or size < int(total)):
        received = {"Range": f"bytes=0-{size - 1}"} if size else {}
        return Response(status_code=308, headers=received)
    try:
        return await _run(request, decode_object(upload.job.read_bytes()), upload.data)
    finally:
        upload.discard()


async def _receive(request: Request, path: Path, offset: int) -> None:
    """Write the body to a file at `offset`, as it comes."""
    with path.open("r+b") as file:
        file.seek(offset)
        async for chunk in request.stream():
            file.write(chunk)
        file.truncate()


async def _run(request: Request, job: dict[str, Any], data: Path) -> Response:
    project = request.path_params["project"]
    return json_response(await run_in_pool(request, start_job, project, job, data))


def split_multipart(body: bytes, content_type: str) -> tuple[dict[str, Any], bytes]:
    """Return the job and the data of a multipart/related body; raises `ApiError` (invalid).

    The data may contain the boundary's text: it ends at the last closing boundary. The end of line
    before that, as the first boundary has it, is no part of the data, which may be compressed.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ApiError("invalid", "multipart/related needs a boundary", "Content-Type")
    mark = re.escape(f"--{boundary[1]}".encode())
    headers = rb"(?:[^\r\n]+\r?\n)*\r?\n"
    first, second = rb"%b(\r?\n)%b(.*?)" % (mark, headers), rb"%b\1%b(.*)" % (mark, headers)
    parts = re.compile(rb"\s*%b\1%b\1%b--\s*" % (first, second, mark), re.DOTALL).fullmatch(body)
    if parts is None:
        raise ApiError("invalid", "Malformed multipart body")
    return decode_object(parts[2]), parts[3]
