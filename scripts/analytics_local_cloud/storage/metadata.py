"""Buckets and objects as Cloud Storage describes them (JSON API reference, Objects, Buckets)."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

Clock = Callable[[], float]  # returns seconds since the epoch
_ENDPOINT = "https://storage.googleapis.com"
_BUCKETS = "storage/v1/b"
_MICROSECONDS = 1_000_000
_FINALIZE = "OBJECT_FINALIZE"


_UNIFORM = {"uniformBucketLevelAccess": {"enabled": True}}
PRIVATE = {"notifications", "iamPolicy"}  # properties that are no fields of the resource


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket; `properties` are the fields its owner set, times are microseconds."""

    name: str
    metageneration: int
    created: int
    updated: int
    properties: Mapping[str, Any]

    generation = 0  # conditions ask buckets as they ask objects

    @property
    def etag(self) -> str:
        """The entity tag."""
        return _etag(self.metageneration)

    @property
    def entity_tags(self) -> tuple[str, ...]:
        """The entity tags that name the bucket as it is."""
        return (self.etag,)

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """The notification configurations, which `resource` leaves out."""
        return list(self.properties.get("notifications", ()))

    @property
    def object_defaults(self) -> dict[str, str]:
        """The fields that a new object has unless its writer says otherwise."""
        return {k: v for k, v in self.properties.items() if k == "storageClass"}

    def announces(self, name: str) -> bool:
        """Tell whether a new object of that name is announced."""
        return any(
            _FINALIZE in config.get("event_types", [_FINALIZE])
            and name.startswith(config.get("object_name_prefix", ""))
            for config in self.notifications
        )

    def resource(self, endpoint: str = _ENDPOINT) -> dict[str, Any]:
        """Return the bucket as the JSON API at `endpoint` has it."""
        properties = {k: v for k, v in self.properties.items() if k not in PRIVATE}
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "selfLink": f"{endpoint}/{_BUCKETS}/{self.name}",
            "projectNumber": "0",
            "storageClass": "STANDARD",
            **properties,
            "iamConfiguration": {**_UNIFORM, **properties.get("iamConfiguration", {})},
            **_location(self.properties.get("location") or "EU"),
            "metageneration": str(self.metageneration),
            "etag": self.etag,
            "timeCreated": format_time(self.created),
            "updated": format_time(self.updated),
        }


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object's live generation, which is also the time of its creation in microseconds.

    Checksums are base64; a composed object has no MD5. `properties` are the fields its writer
    set, under their JSON names.
    """

    bucket: str
    name: str
    generation: int
    metageneration: int
    size: int
    md5: str | None
    crc32c: str
    component_count: int | None
    updated: int
    properties: Mapping[str, Any]

    @property
    def metadata(self) -> Mapping[str, str]:
        """The custom metadata."""
        return self.properties.get("metadata") or {}

    @property
    def content_encoding(self) -> str | None:
        """How the stored bytes are encoded, if at all."""
        return self.properties.get("contentEncoding") or None

    @property
    def etag(self) -> str:
        """The entity tag of the JSON API, which knows changes of the fields, too."""
        return _etag(self.generation, self.metageneration)

    @property
    def entity_tags(self) -> tuple[str, ...]:
        """The entity tags that name the object as it is, in either API."""
        return (self.etag, self.xml_etag.strip('"'))

    @property
    def xml_etag(self) -> str:
        """The quoted entity tag of the XML API: the MD5 in hex, unless composed."""
        if self.md5 is None:
            return f'"-{_etag(self.generation)}"'
        return f'"{base64.b64decode(self.md5).hex()}"'

    def resource(self, endpoint: str = _ENDPOINT) -> dict[str, Any]:
        """Return the object as the JSON API and finalize events have it: 64-bit numbers as text.

        Its links lead to `endpoint`; the Python client follows them.
        """
        path = f"{_BUCKETS}/{self.bucket}/o/{quote(self.name, safe='')}"
        created = format_time(self.generation)
        checksums: dict[str, Any] = {} if self.md5 is None else {"md5Hash": self.md5}
        if self.component_count is not None:
            checksums["componentCount"] = self.component_count
        return {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "selfLink": f"{endpoint}/{path}",
            "mediaLink": f"{endpoint}/download/{path}?generation={self.generation}&alt=media",
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "storageClass": "STANDARD",
            "size": str(self.size),
            **checksums,
            "crc32c": self.crc32c,
            "etag": self.etag,
            "timeCreated": created,
            "updated": format_time(self.updated),
            "timeStorageClassUpdated": created,
            "timeFinalized": created,
            **self.properties,
        }


def _location(name: str) -> dict[str, str]:
    """Return a bucket's location and its type (Cloud Storage guide, "Bucket locations")."""
    kinds = dict.fromkeys(("ASIA", "EU", "US"), "multi-region")
    kinds |= dict.fromkeys(("ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"), "dual-region")
    location = name.upper()
    kind = kinds.get(location, "region")
    replication = {} if kind == "region" else {"rpo": "DEFAULT"}
    return {"location": location, "locationType": kind, **replication}


def read_clock(clock: Clock) -> int:
    """Return the time in microseconds since the epoch."""
    return int(clock() * _MICROSECONDS)


def to_datetime(microseconds: int) -> datetime:
    """Return the UTC time of `microseconds` since the epoch."""
    return datetime.fromtimestamp(microseconds / _MICROSECONDS, UTC)


def format_time(microseconds: int) -> str:
    """Return an RFC 3339 time in milliseconds, as Cloud Storage writes them."""
    text = to_datetime(microseconds).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _etag(*numbers: int) -> str:
    return base64.b64encode("/".join(map(str, numbers)).encode()).decode()
