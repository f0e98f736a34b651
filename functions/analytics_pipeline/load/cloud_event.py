"""Pure: what a storage-finalized event says about its object."""

from collections.abc import Mapping
from datetime import datetime

from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.stored_objects import StoredObject, read_count
from analytics_pipeline.time_texts import parse_iso


def parse_finalized(data: object) -> StoredObject | None:
    """Read the data of a `google.cloud.storage.object.v1.finalized` event.

    Source: google/events/cloud/storage/v1/data.proto, where 64-bit integers are strings. Returns
    None for an object that is not to be loaded: another name or category, or rewritten after it
    was loaded. Raises ValueError when `data` does not describe an object.
    """
    if not isinstance(data, Mapping):
        raise ValueError("the event holds no JSON object")  # noqa: TRY004 - bad data, not a bad call
    ref = ObjectRef(_text(data, "bucket"), _text(data, "name"), str(_count(data, "generation")))
    place = parse_object_name(ref.name)
    if place is None or not place.is_loadable:
        return None
    encoding, metadata = data.get("contentEncoding"), data.get("metadata")
    stored = StoredObject(
        ref=ref,
        place=place,
        created=_moment(data, "timeCreated"),
        size=_count(data, "size"),
        content_encoding=encoding if isinstance(encoding, str) else "",
        metadata=_texts(metadata) if isinstance(metadata, Mapping) else {},
    )
    return None if stored.is_rewritten else stored


def _text(data: Mapping[str, object], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not value:
        raise ValueError(f"the event's {field} is no text")
    value.encode()  # raises ValueError for a lone surrogate, which no name has
    return value


def _count(data: Mapping[str, object], field: str) -> int:
    value = read_count(str(data.get(field)))
    if value is None:
        raise ValueError(f"the event's {field} is no number")
    return value


def _moment(data: Mapping[str, object], field: str) -> datetime:
    value = parse_iso(_text(data, field))
    if value is None:
        raise ValueError(f"the event's {field} is no time")
    return value


def _texts(values: Mapping[object, object]) -> dict[str, str]:
    """Return what is text on both sides, as all metadata is."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(name, str) and isinstance(value, str)
    }
