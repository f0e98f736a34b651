"""What datasets' and tables' REST resources have in common: times, etags, patches."""

import uuid
from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError

_OUTPUT_ONLY = {"kind", "id", "etag", "selfLink", "creationTime", "lastModifiedTime", "type"}
_IDENTITY = {"datasetReference", "tableReference", "location"}


def new_resource(body: Mapping[str, Any], now: int, **identity: object) -> dict[str, Any]:
    """Return a body as it is kept: as given, with its identity; `now` is in milliseconds."""
    times = {"creationTime": str(now), "lastModifiedTime": str(now)}
    return {**body, **identity, **times, "etag": uuid.uuid4().hex}


def patched(resource: Mapping[str, Any], body: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return a resource with a patch applied: null removes a field, objects merge."""
    changes = {k: v for k, v in body.items() if k not in _OUTPUT_ONLY | _IDENTITY}
    if changes.get("schema", {}) is None:  # what `bq update` sends for "as it is"
        del changes["schema"]
    times = {"lastModifiedTime": str(now), "etag": uuid.uuid4().hex}
    return {**_merge(resource, changes), **times}


def check_etag(resource: Mapping[str, Any], if_match: str | None) -> None:
    """Raise `ApiError` (conditionNotMet) when the client's copy is out of date."""
    if if_match not in {None, "*", resource["etag"]}:
        raise ApiError("conditionNotMet", "Precondition check failed.", "If-Match")


def _merge(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            known = merged.get(key)
            merged[key] = _merge(known if isinstance(known, dict) else {}, value)
        else:
            merged[key] = value
    return merged
