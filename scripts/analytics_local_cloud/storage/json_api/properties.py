"""The fields of an object that its writer may set (JSON API reference, Objects)."""

from collections.abc import Mapping
from typing import Any

_WRITABLE = {
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "metadata",
    "storageClass",
}


def writable_properties(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a sent resource is kept; null and empty text stand for "not set"."""
    return {k: v for k, v in _without_nulls(resource).items() if k in _WRITABLE and v != ""}


def merge_properties(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return `old` changed by a patch: null removes a field, or one key of the metadata."""
    merged = {**old, **patch}
    if patch.get("metadata"):
        merged["metadata"] = _without_nulls({**old.get("metadata", {}), **patch["metadata"]})
    return writable_properties(merged)


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
