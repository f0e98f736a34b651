"""What datasets' and tables' REST resources have in common: times, etags, patches, labels."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError

_IDENTITY = {"datasetReference", "tableReference", "location"}
_REPLACED = (  # what an update takes away that does not name it
    *("description", "friendlyName", "labels", "expirationTime", "resourceTags"),
    *("defaultTableExpirationMs", "defaultPartitionExpirationMs", "tableConstraints"),
)
_FILTER = re.compile(r"labels\.([^:\s]+)(?::(\S*))?")


def new_resource(body: Mapping[str, Any], now: int, **identity: object) -> dict[str, Any]:
    """Return a body as it is kept: as given, with its identity; `now` is in milliseconds."""
    times = {"creationTime": str(now), "lastModifiedTime": str(now)}
    return {**body, **identity, **times, "etag": uuid.uuid4().hex}


def patched(resource: Mapping[str, Any], body: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return a resource with a patch applied: null removes a field, objects merge."""
    changes = {k: v for k, v in body.items() if k not in _IDENTITY}
    if changes.get("schema", {}) is None:  # what `bq update` sends for "as it is"
        del changes["schema"]
    times = {"lastModifiedTime": str(now), "etag": uuid.uuid4().hex}
    return {**_merge(resource, changes), **times}


def as_patch(resource: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """Return an update, which names all that stays, as a patch, which names what changes."""
    patch = {**{name: None for name in _REPLACED if name in resource}, **update}
    if patch.get("labels"):
        gone = dict.fromkeys(resource.get("labels") or {})
        patch["labels"] = {**gone, **patch["labels"]}
    return patch


def read_filter(condition: str) -> dict[str, str]:
    """Read `labels.key:value labels.other` as values by key, "" for any; raises `ApiError`."""
    found = [(part, _FILTER.fullmatch(part)) for part in condition.split() if part != "AND"]
    for part, match in found:
        if match is None:
            raise ApiError("invalid", f"Invalid filter: {part}", "filter")
    return {match[1]: match[2] or "" for _, match in found if match}


def has_labels(resource: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Tell whether a resource has all the labels that a filter wants."""
    labels = resource.get("labels") or {}
    return all(key in labels and value in {"", labels[key]} for key, value in wanted.items())


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
