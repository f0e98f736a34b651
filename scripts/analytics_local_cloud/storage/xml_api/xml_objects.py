"""XML API: objects (XML API reference, "Object requests"); obstore and signed URLs use it."""

from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.metadata import StoredObject, format_time
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import Invalid, WrongLength
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.downloads import content_answer, object_headers
from analytics_local_cloud.storage.web.request_reading import (
    copy_source_conditions,
    xml_conditions,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import elements, xml_answer
from analytics_local_cloud.storage.xml_api.xml_target import admit, object_path, xml_target


class XmlObjects:
    """The methods of objects in `store`; signed URLs are verified with `signer`'s key."""

    def __init__(self, store: ObjectStore, signer: LocalSigner) -> None:
        self._objects = store.objects
        self._signer = signer

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        path = "/{bucket:bucket}/{object:rest}"
        return [
            served("xml.objects.insert", path, self.put, "PUT"),
            served("xml.objects.get", path, self.get, "GET", "HEAD"),
            served("xml.objects.delete", path, self.delete, "DELETE"),
        ]

    async def put(self, request: Request) -> Response:
        """Write an object; a signed URL creates, it does not overwrite."""
        target = xml_target(request, self._signer)
        if "x-goog-copy-source" in request.headers:
            return await self._copy(request, target)
        shortest, longest = _length_range(request.headers.get("x-goog-content-length-range"))
        with self._objects.incoming() as blob:
            async for chunk in request.stream():
                blob.write(chunk)
                if longest is not None and blob.size > longest:
                    raise WrongLength("Your proposed upload is too large.", too_small=False)
            if blob.size < shortest:
                raise WrongLength("Your proposed upload is too small.", too_small=True)
            stored = await self._objects.put(target, blob)
        return Response(headers=_written(stored))

    async def get(self, request: Request) -> Response:
        """Answer an object's content, or for HEAD its headers."""
        admit(request, self._signer)
        return content_answer(request, self._objects, partial(self._find, request))

    async def delete(self, request: Request) -> Response:
        """Delete an object."""
        admit(request, self._signer)
        await self._objects.delete(*object_path(request), xml_conditions(request))
        return Response(status_code=204)

    def _find(self, request: Request) -> StoredObject:
        return self._objects.get(*object_path(request), xml_conditions(request))

    async def _copy(self, request: Request, target: Target) -> Response:
        bucket, _, name = request.headers["x-goog-copy-source"].lstrip("/").partition("/")
        conditions = copy_source_conditions(request)
        source = self._objects.get(unquote(bucket), unquote(name), conditions)
        if request.headers.get("x-goog-metadata-directive", "COPY") == "COPY":
            target = replace(target, properties=source.properties)
        stored = await self._objects.copy(source, target)
        body = {"ETag": stored.xml_etag, "LastModified": format_time(stored.updated)}
        return xml_answer("CopyObjectResult", elements(body), headers=_written(stored))


def _written(stored: StoredObject) -> dict[str, str]:
    """Return what the answer to a write says: not how the answer's own body is encoded."""
    headers = object_headers(stored)
    return {name: headers[name] for name in headers if name == "etag" or name.startswith("x-goog-")}


def _length_range(header: str | None) -> tuple[int, int | None]:
    """Return the least and the greatest length that is admitted; raises Invalid."""
    if header is None:
        return 0, None
    least, _, greatest = header.partition(",")
    if not (least.isdecimal() and greatest.isdecimal()):
        raise Invalid(f"Invalid x-goog-content-length-range: {header}")
    return int(least), int(greatest)
