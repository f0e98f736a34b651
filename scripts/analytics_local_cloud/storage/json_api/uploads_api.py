"""JSON API: uploads in one request (Cloud Storage guide, "Uploads and downloads")."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.json_api.multipart import RelatedBody, parse_boundary
from analytics_local_cloud.storage.json_api.resumable_api import ResumableApi
from analytics_local_cloud.storage.json_api.upload_target import upload_target
from analytics_local_cloud.storage.storage_errors import Unsupported
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.served import check_body, served
from analytics_local_cloud.storage.web.storage_answers import resource_answer

_PATHS = ("/upload/storage/v1", "/resumable/upload/storage/v1")  # the second one is gcloud's


class UploadsApi:
    """The ways to write an object of `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._objects = store.objects
        self._resumable = ResumableApi(store)

    def routes(self) -> list[Route]:
        """Return where uploads are served."""
        paths = [f"{path}/b/{{bucket:segment}}/o" for path in _PATHS]
        resumable = self._resumable
        return [
            *(served("storage.objects.insert", path, self.start, "POST") for path in paths),
            *(served("storage.objects.insert", path, resumable.resume, "PUT") for path in paths),
            *(served("storage.objects.insert", path, resumable.cancel, "DELETE") for path in paths),
        ]

    async def start(self, request: Request) -> Response:
        """Write an object at once, or begin a resumable upload, or go on with one."""
        if "upload_id" in request.query_params:  # as fsspec's clients do, instead of PUT
            return await self._resumable.resume(request)
        match request.query_params.get("uploadType"):
            case "media":
                return await self._write_media(request)
            case "multipart":
                return await self._write_related(request)
            case "resumable":
                return await self._resumable.start(request)
            case other:
                raise Unsupported(f"The local storage does not support uploadType={other}.")

    async def _write_media(self, request: Request) -> Response:
        target = upload_target(request, {}, request.headers.get("content-type"))
        with self._objects.incoming() as blob:
            async for chunk in request.stream():
                blob.write(chunk)
            return resource_answer(request, await self._objects.put(target, blob))

    async def _write_related(self, request: Request) -> Response:
        delimiter = parse_boundary(request.headers.get("content-type", ""))
        body = RelatedBody(aiter(request.stream()), delimiter)
        metadata, content_type = await body.read_metadata()
        check_body(request, metadata)
        target = upload_target(request, metadata, content_type)
        with self._objects.incoming() as blob:
            await body.read_content(blob.write)
            return resource_answer(request, await self._objects.put(target, blob))
