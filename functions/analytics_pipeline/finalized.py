"""Pure: what a storage-finalized event says about its object."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics_pipeline.object_names import ObjectPlace, ObjectRef, parse_object_name


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One finalized object that is to be loaded, with the metadata its writer gave it."""

    ref: ObjectRef
    place: ObjectPlace
    created: datetime
    size: int
    content_encoding: str
    metadata: Mapping[str, str]


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
        metadata = dict(data.get("metadata") or {})
        if place is None or not place.is_loadable or "rewritten_at" in metadata:
            return None
        return StoredObject(
            ref=ref,
            place=place,
            created=datetime.fromisoformat(data["timeCreated"]).astimezone(UTC),
            size=int(data["size"]),
            content_encoding=str(data.get("contentEncoding") or ""),
            metadata=metadata,
        )
    except (KeyError, TypeError) as exc:
        raise ValueError(f"the event does not describe an object: {exc!r}") from exc
