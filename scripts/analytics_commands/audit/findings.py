"""Pure: what an audit can find."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analytics_pipeline.stored_objects import Day

# The server's: what was accepted did not arrive as it came. No client can cause one.
SERVER_GAPS: Mapping[str, str] = {
    "lost": "some events of the object are neither rows nor dead letters",
    "undelivered": "the object has neither rows nor dead letters",
    "doubled": "BigQuery shows more events than the object has",
    "altered_count": "the log counted other events than the object says",
    "missing": "accepted, but there is no object",
    "orphan": "there are rows or dead letters, but no object",
}
# The clients': what was not sent, or not as it can be used. Whoever has an API key can cause them.
CLIENT_GAPS: Mapping[str, str] = {
    "not_loadable": "a body of a loaded category that is no JSON: it stays where it is stored",
    "unused_upload": "no file came while its upload URL was valid",
    "session_gap": "indexes of the session's events are missing or doubled",
    "doubled_across_days": "events that were sent again on a later day: the view shows them twice",
}
GAPS: Mapping[str, str] = {**SERVER_GAPS, **CLIENT_GAPS}
NOTES: Mapping[str, str] = {
    "unacknowledged": "stored, but not in the log",
    "expired": "deleted by the lifecycle rules of the bucket",
    "retried": "events of a request that was repeated: the view shows them once",
    "retried_later": "events that were sent again on a later day: the nightly run removes them",
    "redelivered": "rows of an object that was delivered again: the view hides them",
    "overwritten": "rows or dead letters of what the object was before it was replaced",
    "reordered": "indexes of the session's events are out of order, and none is missing",
}
MEANINGS: Mapping[str, str] = {**GAPS, **NOTES}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, or worth a note, with one object; `events` is None where nobody knows."""

    kind: str
    events: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, where it is, and the command that repairs or explains it (empty: nothing to do).

    It is of an object (a URI), or of a session.
    """

    kind: str
    analytics_environment: str
    event_category: str | None
    event_ds: str | None
    object: str | None
    session_id: str | None
    events: int | None
    detail: str
    command: str

    @classmethod
    def of_object(cls, fault: Fault, uri: str, day: Day, command: str) -> "Finding":
        """Return the finding of a fault of an object."""
        return cls(
            kind=fault.kind,
            analytics_environment=day.analytics_environment,
            event_category=day.event_category,
            event_ds=day.event_ds,
            object=uri,
            session_id=None,
            events=fault.events,
            detail=fault.detail,
            command=command,
        )

    @property
    def record(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)
