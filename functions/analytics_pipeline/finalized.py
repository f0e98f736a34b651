"""Pure: what a storage-finalized event says about its object."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics_pipeline.object_names import ObjectRef


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One finalized object, with the metadata its writer gave it."""

    ref: ObjectRef
    created: datetime
    size: int
    content_encoding: str
    metadata: Mapping[str, str]


def parse_finalized(data: object) -> StoredObject:
    """Read the data of a `google.cloud.storage.object.v1.finalized` event.

    Source: google/events/cloud/storage/v1/data.proto, where 64-bit integers are strings. Raises
    ValueError when `data` does not describe an object.
    """
    if not isinstance(data, Mapping):
        raise ValueError("the event holds no JSON object")
    try:
        return StoredObject(
            ref=ObjectRef(str(data["bucket"]), str(data["name"]), str(int(data["generation"]))),
            created=datetime.fromisoformat(data["timeCreated"]).astimezone(UTC),
            size=int(data["size"]),
            content_encoding=str(data.get("contentEncoding") or ""),
            metadata=dict(data.get("metadata") or {}),
        )
    except (KeyError, TypeError) as exc:
        raise ValueError(f"the event does not describe an object: {exc!r}") from exc
