"""Fields that their owner may set, and how they change (JSON API reference, Objects, Buckets)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.served_methods import OBJECT_FIELDS

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt][\d:.]+([Zz]|[+-]\d\d:\d\d)")
_NAMES = frozenset(name.removesuffix(".*") for name in OBJECT_FIELDS)
_CLASSES = {
    *("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"),
    *("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY"),
}


def writable_properties(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a sent object is kept; null, at any depth, and empty text are "not set".

    Raises Invalid for a value of another type than its field's.
    """
    kept = {k: v for k, v in _without_nulls(resource).items() if k in _NAMES and v != ""}
    metadata = kept.get("metadata", {})
    if not isinstance(metadata, Mapping):
        raise Invalid("Invalid value for metadata")
    if metadata:
        kept["metadata"] = metadata = _without_nulls(metadata)
    for name, value in {**metadata, **{k: v for k, v in kept.items() if k != "metadata"}}.items():
        if not isinstance(value, str):
            raise Invalid(f"Invalid value for {name}: text is needed")
    check_class(kept)
    if "customTime" in kept:
        _time(kept["customTime"])
    return kept


def check_class(resource: Mapping[str, Any]) -> None:
    """Raise Invalid unless the storage class, if there is any, exists."""
    if (found := resource.get("storageClass") or "STANDARD") not in _CLASSES:
        raise Invalid(f"Invalid storage class: {found}")


def merge_properties(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's fields changed by a patch; raises Invalid."""
    return replace_properties(old, merge_patch(old, patch))


def replace_properties(old: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's fields as `resource` has them.

    Raises Invalid for a value that its field cannot take, or can no longer take.
    """
    new = writable_properties(resource)
    if new.get("storageClass", "") not in {"", old.get("storageClass", "STANDARD")}:
        raise Invalid("The storage class of an object is changed by rewriting it.")
    if "customTime" in old and not _time(old["customTime"]) <= _time(new.get("customTime", "")):
        raise Invalid("customTime cannot be removed or set to an earlier time.")
    return new


def merge_patch(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return `old` with what a patch sets; null removes a field, at any depth (RFC 7396)."""
    merged = dict(old)
    for name, value in patch.items():
        if isinstance(value, Mapping):
            below = old.get(name)
            merged[name] = merge_patch(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[name] = value
    return _without_nulls(merged)


def _time(text: str) -> datetime:
    if not _RFC3339.fullmatch(text):
        raise Invalid(f"Invalid value for customTime: {text!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise Invalid(f"Invalid value for customTime: {text!r}") from exc


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
