"""Pure: what is known of a stored object without reading it, and which objects are meant.

Anybody may write objects of the layout: metadata that cannot be read says nothing.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analytics_pipeline.object_names import ObjectPlace, ObjectRef, batch_id_of

# Metadata of an object of which events were forgotten; its rows are of the generation it is from.
REWRITTEN_AT = "rewritten_at"
REWRITTEN_FROM = "rewritten_from"
FORGOTTEN_COUNT = "forgotten_count"
# How far events may be older than their object: streaming takes partitions 1825 days back, less
# the time until the object is loaded.
MAX_AGE = timedelta(days=1800)
_MAX_CLOCK_SKEW = timedelta(days=1)
_COUNT = re.compile(r"[0-9]{1,18}")
_SECONDS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,18})?")  # up to the year 5138
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MD5_BYTES = 16
_ENCODINGS = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip"}  # RFC 9110, 8.4.1


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
    def is_own(self) -> bool:
        """Whether `ingest` wrote it: the metadata holds the id that follows from its name."""
        return self.metadata.get("batch_id") == batch_id_of(self.ref.uri)

    @property
    def batch_id(self) -> str:
        """The id of its events as a batch, an MD5 hex digest.

        What `ingest` did not write may be overwritten: then each generation is a batch.
        """
        uri = self.ref.uri
        return batch_id_of(uri if self.is_own else f"{uri}#{self.ref.generation}")

    @property
    def event_count(self) -> int | None:
        """The number of its events, None for an object that does not say and is not empty."""
        said = read_count(self.metadata.get("event_count", ""))
        return 0 if said is None and not self.size else said

    @property
    def forgotten_count(self) -> int:
        """The number of events that were taken out of it."""
        return read_count(self.metadata.get(FORGOTTEN_COUNT, "")) or 0

    @property
    def is_rewritten(self) -> bool:
        """Whether events were taken out of it: what is left was loaded before."""
        return REWRITTEN_AT in self.metadata

    @property
    def loaded_generation(self) -> str | None:
        """The generation that was loaded, None for a rewritten object that does not say."""
        return self.metadata.get(REWRITTEN_FROM) if self.is_rewritten else self.ref.generation

    @property
    def content_md5(self) -> bytes | None:
        """The MD5 that its decoded content should have, None for an object that does not say."""
        try:
            digest = b64decode(self.metadata.get("content_md5", ""), validate=True)
        except ValueError:
            return None
        return digest if len(digest) == _MD5_BYTES else None

    @property
    def encoding(self) -> str:
        """How its content is encoded: `gzip`, not at all (empty), or as no reader here knows."""
        return _ENCODINGS.get(self.content_encoding.strip().lower(), self.content_encoding)

    @property
    def own_received(self) -> datetime | None:
        """When its events were received, UTC, None for an object that does not say."""
        said = self.metadata.get("received_timestamp", "")
        if not _SECONDS.fullmatch(said):
            return None
        received = _EPOCH + timedelta(seconds=float(said))
        return received if is_believable(received, self.created) else None

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


def is_believable(received: datetime, created: datetime) -> bool:
    """Return whether events of an object created then can have been received at that time."""
    return -_MAX_CLOCK_SKEW <= created - received <= MAX_AGE


def read_count(text: str) -> int | None:
    """Return a number of at most 18 ASCII digits; None for other text, as others may write it."""
    return int(text) if _COUNT.fullmatch(text) else None
