"""What the XML API reads from a request for an object: who may ask, and what is to be written."""

from starlette.requests import Request

from analytics_local_cloud.storage.identity.signed_urls import is_signed, verify_signed_url
from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.web.request_reading import parse_hashes, xml_conditions

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


def object_path(request: Request) -> tuple[str, str]:
    """Return bucket and name of the object that the path names."""
    return request.path_params["bucket"], request.path_params["object"]


def admit(request: Request, signer: LocalSigner) -> bool:
    """Return whether the request is signed; raises as verify_signed_url."""
    signed = is_signed(request)
    if signed:
        verify_signed_url(request, signer)
    return signed


def xml_target(request: Request, signer: LocalSigner) -> Target:
    """Return what a request writes; a signed URL creates, it does not overwrite.

    Raises as `admit`, and Invalid for a field's value.
    """
    signed = admit(request, signer)
    headers = {name: _text(value) for name, value in request.headers.items()}
    properties: dict[str, object] = {
        field: headers[header] for header, field in _PROPERTIES.items() if headers.get(header)
    }
    metadata = {n.removeprefix(_META): v for n, v in headers.items() if n.startswith(_META)}
    if metadata:
        properties["metadata"] = metadata
    hashes = parse_hashes(headers.get("x-goog-hash", ""))
    return Target(
        *object_path(request),
        writable_properties(properties),
        xml_conditions(request, may_overwrite=not signed),
        md5=headers.get("content-md5") or hashes.get("md5"),
        crc32c=hashes.get("crc32c"),
    )


def _text(value: str) -> str:
    """Return a header's value as the UTF-8 it was sent as."""
    return value.encode("latin-1").decode(errors="replace")
