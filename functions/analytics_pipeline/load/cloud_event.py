"""Pure: what a storage-finalized event says about its object."""

from collections.abc import Mapping
from datetime import UTC, datetime

from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.stored_objects import StoredObject


def parse_finalized(data: object) -> StoredObject | None:
    """Read the data of a `google.cloud.storage.object.v1.finalized` event.

    Source: google/events/cloud/storage/v1/data.proto, where 64-bit integers are strings. Returns
    None for an object that is not to be loaded: another name or category, or rewritten after it
    was loaded. Raises ValueError when `data` does not describe an object.
    """
    if not isinstance(data, Mapping):
        raise ValueError("the event holds no JSON object")  # noqa: TRY004 - bad data, not a bad call
    try:
        ref = ObjectRef(str(data["bucket"]), str(data["name"]), str(int(data["generation"])))
        place = parse_object_name(ref.name)
        if place is None or not place.is_loadable:
            return None
        stored = StoredObject(
            ref=ref,
            place=place,
            created=datetime.fromisoformat(data["timeCreated"]).astimezone(UTC),
            size=int(data["size"]),
            content_encoding=str(data.get("contentEncoding") or ""),
            metadata=dict(data.get("metadata") or {}),
        )
    except (KeyError, TypeError) as exc:
        raise ValueError(f"the event does not describe an object: {exc!r}") from exc
    return None if stored.is_rewritten else stored
