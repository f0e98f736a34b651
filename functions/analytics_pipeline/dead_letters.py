"""Pure: what cannot become a row, kept with its reason (table `dead_letters`)."""

from datetime import date, datetime
from hashlib import md5

import msgspec

from analytics_pipeline.errors import PermanentLoadError
from analytics_pipeline.finalized import StoredObject
from analytics_pipeline.object_names import batch_id_of, parse_place
from analytics_pipeline.rows import Reject

MAX_PAYLOAD_BYTES = 64 * 1024
_WHOLE_OBJECT = 0


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
