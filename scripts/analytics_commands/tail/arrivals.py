"""Pure: what a log line of `ingest` says about something that a client sent."""

from dataclasses import dataclass
from datetime import datetime

from analytics_commands.foundation.pipeline.log_lines import LogLine
from analytics_pipeline.object_names import ObjectPlace, ObjectRef, parse_object_name

STORED, URL_ISSUED = "batch_stored", "upload_url_issued"
REFUSALS = ("request_refused", "request_unavailable")


@dataclass(frozen=True, slots=True)
class Batch:
    """Events, or bytes that are none, that were stored; `size` in bytes."""

    received: datetime
    ref: ObjectRef
    place: ObjectPlace
    event_count: int
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A signed URL that was issued for a file; `size` in bytes, None where it was not stated."""

    received: datetime
    ref: ObjectRef
    place: ObjectPlace
    size: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was answered with an error; nothing is known of what it was about."""

    received: datetime
    event: str
    status: int
    reason: str
    path: str


Arrival = Batch | Upload | Refusal


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which arrivals are shown: of one environment, category and session, or of any (None)."""

    analytics_environment: str | None = None
    event_category: str | None = None
    session_id: str | None = None

    def includes(self, place: ObjectPlace) -> bool:
        """Return whether objects of that environment and category are wanted."""
        partition = place.partition
        return (
            self.analytics_environment in {None, partition.analytics_environment}
            and self.event_category in {None, partition.event_category}
        )  # fmt: skip

    def includes_session(self, *session_ids: str) -> bool:
        """Return whether one of the session's names is wanted."""
        return self.session_id is None or self.session_id in session_ids


def read_arrival(line: LogLine, bucket: str) -> Arrival | None:
    """Return what the line says, None if it is about an object of another bucket."""
    received = datetime.fromisoformat(line["time"])
    if line["event"] in REFUSALS:
        return Refusal(received, line["event"], int(line["status"]), line["reason"], line["path"])
    name = line["object"].removeprefix(f"gs://{bucket}/")
    place = parse_object_name(name)
    if place is None:
        return None
    ref = ObjectRef(bucket, name, "")  # written once: it has one generation
    if line["event"] == URL_ISSUED:
        size = line.get("size")
        return Upload(received, ref, place, None if size is None else int(size))
    return Batch(received, ref, place, int(line["event_count"]), int(line["bytes"]))
