"""Where an upload of the JSON API goes: path, query, metadata and headers in one place."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.objects.generations import Target
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.request_reading import json_conditions, parse_hashes


def upload_target(
    request: Request, metadata: Mapping[str, Any], content_type: str | None
) -> Target:
    """Return what an upload writes; raises Invalid when its object has no name.

    `metadata` is the object's resource as sent; what it says goes before headers and query.
    """
    query, headers = request.query_params, request.headers
    name = metadata.get("name") or query.get("name")
    if not name:
        raise Invalid("Required: name")
    sent = {
        "contentType": content_type,
        "contentEncoding": query.get("contentEncoding"),
        **metadata,
    }
    hashes = parse_hashes(headers.get("x-goog-hash", ""))
    return Target(
        request.path_params["bucket"],
        name,
        writable_properties(sent),
        json_conditions(query),
        md5=metadata.get("md5Hash") or hashes.get("md5") or headers.get("content-md5"),
        crc32c=metadata.get("crc32c") or hashes.get("crc32c"),
    )
