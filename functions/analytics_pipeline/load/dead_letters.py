"""Pure: what cannot become a row, kept with its reason (table `dead_letters`)."""

from datetime import date, datetime
from hashlib import md5
from typing import Any

import msgspec

from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.load.rows import Reject
from analytics_pipeline.stored_objects import StoredObject

MAX_PAYLOAD_BYTES = 64 * 1024
WHOLE_OBJECT = 0


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of `dead_letters`; schemas/dead_letters.json describes every column."""

    dead_letter_id: str
    gcs_uri: str
    generation: str
    analytics_environment: str
    event_category: str
    event_ds: str
    batch_id: str
    line: int
    event_count: int
    reason: str
    detail: str
    payload: str | None = None
    payload_truncated: bool | None = None
    received_timestamp: datetime
    dead_lettered_date: date
    dead_lettered_timestamp: datetime
    resolved_timestamp: datetime | None = None
    resolution: str | None = None

    @property
    def insert_id(self) -> str:
        """What makes writing this row twice harmless, and a letter and its resolution two rows."""
        resolved = "" if self.resolution is None else f"/{self.resolution}"
        return f"{self.dead_letter_id}{resolved}"


def letter_for_line(stored: StoredObject, reject: Reject, now: datetime) -> DeadLetter:
    """Return the letter of one line that cannot become a row."""
    payload = reject.line.payload
    return _letter(
        stored,
        now,
        dead_letter_id=f"{stored.batch_id}/{reject.line.number - 1}",
        line=reject.line.number,
        event_count=1,
        reason=reject.reason,
        detail=reject.detail,
        payload=payload[:MAX_PAYLOAD_BYTES].decode(errors="replace"),
        payload_truncated=len(payload) > MAX_PAYLOAD_BYTES,
    )


def letter_for_object(stored: StoredObject, error: PermanentLoadError, now: datetime) -> DeadLetter:
    """Return the letter of an object that cannot be read as lines."""
    version = f"{stored.ref.uri}#{stored.ref.generation}".encode()
    return _letter(
        stored,
        now,
        dead_letter_id=f"{md5(version, usedforsecurity=False).hexdigest()}/object",
        line=WHOLE_OBJECT,
        event_count=1 if stored.event_count is None else stored.event_count,
        reason=error.reason,
        detail=error.detail,
    )


def _letter(stored: StoredObject, now: datetime, **particulars: Any) -> DeadLetter:  # noqa: ANN401
    partition = stored.place.partition
    return DeadLetter(
        gcs_uri=stored.ref.uri,
        generation=stored.ref.generation,
        analytics_environment=partition.analytics_environment,
        event_category=partition.event_category,
        event_ds=partition.event_ds,
        batch_id=stored.batch_id,
        received_timestamp=stored.received,
        dead_lettered_date=now.date(),
        dead_lettered_timestamp=now,
        **particulars,
    )
