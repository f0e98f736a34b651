"""XML API: multipart uploads (XML API reference, "Multipart uploads"); obstore's large writes."""

from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import (
    parse_hashes,
    read_body,
    read_number,
    xml_conditions,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import elements, xml_answer
from analytics_local_cloud.storage.xml_api.xml_target import admit, object_path, xml_target

_UPLOAD = "uploadId"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class XmlMultipart:
    """The methods of multipart uploads in `store`; signed URLs are verified with `signer`'s key."""

    def __init__(self, store: ObjectStore, signer: LocalSigner) -> None:
        self._store = store
        self._signer = signer

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        path = "/{bucket:bucket}/{object:rest}"
        return [
            served("xml.multipart.initiate", path, self.initiate, "POST", only="uploads"),
            served("xml.multipart.uploadPart", path, self.put, "PUT", only=_UPLOAD),
            served("xml.multipart.complete", path, self.complete, "POST", only=_UPLOAD),
            served("xml.multipart.abort", path, self.abort, "DELETE", only=_UPLOAD),
            served("xml.multipart.listParts", path, self.find_parts, "GET", only=_UPLOAD),
        ]

    async def initiate(self, request: Request) -> Response:
        """Begin an upload."""
        target = xml_target(request, self._signer)
        self._store.buckets.get(target.bucket)
        upload_id = await self._store.multipart.start(target)
        body = {"Bucket": target.bucket, "Key": target.name, "UploadId": upload_id}
        return xml_answer("InitiateMultipartUploadResult", elements(body), namespace=_NAMESPACE)

    async def put(self, request: Request) -> Response:
        """Keep a part."""
        upload = self._upload(request)
        number = read_number(request.query_params, "partNumber") or 0
        hashes = parse_hashes(request.headers.get("x-goog-hash", ""))
        md5 = request.headers.get("content-md5") or hashes.get("md5")
        with self._store.objects.incoming() as blob:
            async for chunk in request.stream():
                blob.write(chunk)
            Target(*upload[:2], {}, md5=md5, crc32c=hashes.get("crc32c")).check_content(blob)
            self._store.multipart.put(*upload, number, blob)
            checksums = f"crc32c={blob.crc32c},md5={blob.md5}"
            return Response(headers={"etag": f'"{blob.md5_hex}"', "x-goog-hash": checksums})

    async def complete(self, request: Request) -> Response:
        """Make the object of the parts that the body lists."""
        upload = self._upload(request)
        conditions = xml_conditions(request, may_overwrite=not admit(request, self._signer))
        chosen = _read_parts(await read_body(request))
        stored = await self._store.multipart.complete(*upload, chosen, conditions)
        body = {"Bucket": stored.bucket, "Key": stored.name, "ETag": stored.xml_etag}
        headers = {
            "x-goog-generation": str(stored.generation),
            "x-goog-hash": f"crc32c={stored.crc32c}",
        }
        root = "CompleteMultipartUploadResult"
        return xml_answer(root, elements(body), headers=headers, namespace=_NAMESPACE)

    async def abort(self, request: Request) -> Response:
        """Forget an upload."""
        await self._store.multipart.abort(*self._upload(request))
        return Response(status_code=204)

    async def find_parts(self, request: Request) -> Response:
        """Answer all parts that are here, in one page."""
        bucket, name, upload_id = self._upload(request)
        head = {"Bucket": bucket, "Key": name, "UploadId": upload_id, "IsTruncated": "false"}
        parts = [
            {"PartNumber": part.number, "ETag": f'"{part.etag}"', "Size": part.size}
            for part in self._store.multipart.parts(bucket, name, upload_id)
        ]
        listed = "".join(f"<Part>{elements(part)}</Part>" for part in parts)
        return xml_answer("ListPartsResult", elements(head) + listed, namespace=_NAMESPACE)

    def _upload(self, request: Request) -> tuple[str, str, str]:
        """Return bucket, name and id; raises as `admit`."""
        admit(request, self._signer)
        return (*object_path(request), request.query_params[_UPLOAD])


def _read_parts(body: bytes) -> list[tuple[int, str]]:
    """Return number and entity tag of each listed part; raises Invalid."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - whoever asks owns this machine
        found = [{child.tag.rpartition("}")[2]: child.text for child in part} for part in root]
        return [(int(f["PartNumber"] or ""), (f["ETag"] or "").strip('" ')) for f in found]
    except (ET.ParseError, KeyError, ValueError) as exc:
        raise Invalid(f"The XML you provided was not well-formed: {exc}") from exc
