"""Pure: what is known of a stored object without reading it, and which objects are meant."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analytics_pipeline.object_names import ObjectPlace, ObjectRef, batch_id_of

_MD5_BYTES = 16
REWRITTEN_AT = "rewritten_at"  # metadata of an object of which events were forgotten
FORGOTTEN_COUNT = "forgotten_count"
# The ids that `ingest` gives end with the event's position; SQL and Python read them alike.
EVENT_POSITION = r"^[0-9a-f]{32}/([0-9]+)$"
_EVENT_POSITION = re.compile(EVENT_POSITION)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the layout, with the metadata its writer gave it; `size` in bytes."""

    ref: ObjectRef
    place: ObjectPlace
    created: datetime
    size: int
    content_encoding: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def batch_id(self) -> str:
        """What its events have in common: of an object of other writers, this version alone."""
        own = batch_id_of(self.ref.uri)
        if self.metadata.get("batch_id") == own:
            return own
        return batch_id_of(f"{self.ref.uri}#{self.ref.generation}")

    @property
    def content_md5(self) -> bytes | None:
        """The MD5 that its writer recorded, None for none."""
        try:
            digest = b64decode(self.metadata.get("content_md5", ""), validate=True)
        except ValueError:
            return None
        return digest if len(digest) == _MD5_BYTES else None

    @property
    def event_count(self) -> int | None:
        """The number of its events, None for an object that does not say and is not empty."""
        said = _read_count(self.metadata.get("event_count", ""))
        return 0 if said is None and not self.size else said

    @property
    def forgotten_count(self) -> int:
        """The number of events that were taken out of it."""
        return _read_count(self.metadata.get(FORGOTTEN_COUNT, "")) or 0

    @property
    def is_rewritten(self) -> bool:
        """Whether events were taken out of it: what is left was loaded before."""
        return REWRITTEN_AT in self.metadata

    @property
    def own_received(self) -> datetime | None:
        """When its events were received, UTC, None for an object that does not say."""
        try:
            return datetime.fromtimestamp(float(self.metadata["received_timestamp"]), UTC)
        except (KeyError, ValueError, OverflowError, OSError):
            return None

    @property
    def received(self) -> datetime:
        """When its events were received, UTC; its creation for an object that does not say."""
        return self.own_received or self.created


@dataclass(frozen=True, slots=True)
class Selection:
    """Objects received in [since, until), of one environment and category or of any (None)."""

    since: datetime
    until: datetime
    analytics_environment: str | None = None
    event_category: str | None = None

    def includes(self, received: datetime) -> bool:
        """Return whether the moment is in the time selected."""
        return self.since <= received < self.until


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """The objects of one environment, category and `event_ds`: a part of the layout."""

    event_ds: str
    analytics_environment: str
    event_category: str


def position_of(event_id: str) -> str:
    """Return what tells an event from the others of its object; an id of another form does."""
    found = _EVENT_POSITION.match(event_id)
    return found[1] if found else event_id


def _read_count(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
