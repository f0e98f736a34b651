"""XML API: objects (XML API reference, "Object requests"); obstore and signed URLs use it."""

from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.identity.signed_urls import is_signed, verify_signed_url
from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.metadata import StoredObject, format_time
from analytics_local_cloud.storage.objects.generations import Target
from analytics_local_cloud.storage.storage_errors import Invalid, WrongLength
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.downloads import content_answer, object_headers
from analytics_local_cloud.storage.web.request_reading import (
    copy_source_conditions,
    parse_hashes,
    xml_conditions,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import elements, xml_answer

_META = "x-goog-meta-"
_PROPERTIES = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-custom-time": "customTime",
    "x-goog-storage-class": "storageClass",
}


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
        target = self._target(request)
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
        self._admit(request)
        return content_answer(request, self._objects, partial(self._find, request))

    async def delete(self, request: Request) -> Response:
        """Delete an object."""
        self._admit(request)
        await self._objects.delete(*_path(request), xml_conditions(request))
        return Response(status_code=204)

    def _admit(self, request: Request) -> bool:
        """Return whether the request is signed; raises as verify_signed_url."""
        signed = is_signed(request)
        if signed:
            verify_signed_url(request, self._signer)
        return signed

    def _find(self, request: Request) -> StoredObject:
        return self._objects.get(*_path(request), xml_conditions(request))

    def _target(self, request: Request) -> Target:
        signed = self._admit(request)
        headers = {name: _text(value) for name, value in request.headers.items()}
        properties: dict[str, object] = {
            field: headers[header] for header, field in _PROPERTIES.items() if headers.get(header)
        }
        metadata = {n.removeprefix(_META): v for n, v in headers.items() if n.startswith(_META)}
        if metadata:
            properties["metadata"] = metadata
        hashes = parse_hashes(headers.get("x-goog-hash", ""))
        return Target(
            *_path(request),
            writable_properties(properties),
            xml_conditions(request, may_overwrite=not signed),
            md5=headers.get("content-md5") or hashes.get("md5"),
            crc32c=hashes.get("crc32c"),
        )

    async def _copy(self, request: Request, target: Target) -> Response:
        bucket, _, name = request.headers["x-goog-copy-source"].lstrip("/").partition("/")
        conditions = copy_source_conditions(request)
        source = self._objects.get(unquote(bucket), unquote(name), conditions)
        if request.headers.get("x-goog-metadata-directive", "COPY") == "COPY":
            target = replace(target, properties=source.properties)
        stored = await self._objects.copy(source, target)
        body = {"ETag": stored.xml_etag, "LastModified": format_time(stored.updated)}
        return xml_answer("CopyObjectResult", elements(body), headers=_written(stored))


def _path(request: Request) -> tuple[str, str]:
    return request.path_params["bucket"], request.path_params["object"]


def _written(stored: StoredObject) -> dict[str, str]:
    """Return what the answer to a write says: not how the answer's own body is encoded."""
    headers = object_headers(stored)
    return {name: headers[name] for name in headers if name == "etag" or name.startswith("x-goog-")}


def _text(value: str) -> str:
    """Return a header's value as the UTF-8 it was sent as."""
    return value.encode("latin-1").decode(errors="replace")


def _length_range(header: str | None) -> tuple[int, int | None]:
    """Return the least and the greatest length that is admitted; raises Invalid."""
    if header is None:
        return 0, None
    least, _, greatest = header.partition(",")
    if not (least.isdecimal() and greatest.isdecimal()):
        raise Invalid(f"Invalid x-goog-content-length-range: {header}")
    return int(least), int(greatest)
