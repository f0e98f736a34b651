"""Where an upload of the JSON API goes: path, query, metadata and headers in one place."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.request_reading import json_conditions, parse_hashes


def upload_target(
    request: Request, metadata: Mapping[str, Any], content_type: str | None
) -> Target:
    """Return what an upload writes; raises Invalid when its object has no name, or two checksums.

    `metadata` is the object's resource as sent; what it says goes before headers and query.
    """
    query, headers = request.query_params, request.headers
    hashes = parse_hashes(headers.get("x-goog-hash", ""))
    name = metadata.get("name") or query.get("name")
    if not name:
        raise Invalid("Required: name")
    for field in ("name", "md5Hash", "crc32c"):
        if not isinstance(metadata.get(field) or "", str):
            raise Invalid(f"Invalid value for {field}: text is needed")
    sent = {
        "contentType": content_type,
        "contentEncoding": query.get("contentEncoding"),
        **metadata,
    }
    return Target(
        request.path_params["bucket"],
        name,
        writable_properties(sent),
        json_conditions(request),
        md5=_agreed(metadata.get("md5Hash"), hashes.get("md5"), headers.get("content-md5")),
        crc32c=_agreed(metadata.get("crc32c"), hashes.get("crc32c")),
    )


def _agreed(*checksums: str | None) -> str | None:
    """Return the one checksum that was sent in several places; raises Invalid for several."""
    sent = {checksum for checksum in checksums if checksum}
    if len(sent) > 1:
        raise Invalid(f"Checksums that contradict each other: {', '.join(sorted(sent))}")
    return sent.pop() if sent else None
