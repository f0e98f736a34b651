"""Pure: what is shown of arrivals and events, line by line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

import msgspec

from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.tail.arrivals import STORED, URL_ISSUED, Batch, Refusal, Upload
from analytics_pipeline.load.contents import Line as StoredLine
from analytics_pipeline.load.rows import LineContext, Reject, make_row
from analytics_pipeline.object_names import batch_id_of
from analytics_pipeline.stored_objects import StoredObject

_NONE = "-"
_LABELS = ("analytics_environment", "event_category")
_FACTS = ("event_index", "player_id")
_REST = ("event_attributes", "extra")


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of an event, or of something else that arrived.

    `labels` are environment and category; `facts` of an event its index and its player, of
    anything else what there is to say in few words. Whatever is not known is empty. `json` is what
    a machine reads instead.
    """

    received: datetime
    labels: tuple[str, str]
    session: str
    what: str
    facts: tuple[str, str]
    rest: str
    json: bytes
    is_event: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All of it, always as many columns; the time is UTC."""
        time = self.received.astimezone(UTC).isoformat(timespec="milliseconds")
        texts = (*self.labels, self.session, self.what, *self.facts, self.rest)
        return (f"{time.removesuffix('+00:00')}Z", *(text or _NONE for text in texts))


def event_lines(batch: Batch, content: bytes) -> Iterator[Line]:
    """Yield a line for each event of a batch, read as the loader reads it."""
    own = {"batch_id": batch_id_of(batch.ref.uri)}  # as ingest, which logged it, has written it
    stored = StoredObject(batch.ref, batch.place, batch.received, batch.size, metadata=own)
    context = LineContext.of(stored, inserted=batch.received)
    for number, payload in enumerate(content.split(b"\n"), 1):
        if payload:
            yield _event_line(StoredLine(number, payload), context)


def batch_line(batch: Batch) -> Line:
    """Return the line of a batch as a whole."""
    what = {"object": batch.ref.uri, "event_count": batch.event_count, "bytes": batch.size}
    return Line(
        **_beginning(batch),
        what="batch" if batch.place.data_type == "json" else batch.place.data_type,
        facts=(counted(batch.event_count, "event"), counted(batch.size, "byte")),
        rest=batch.ref.uri,
        json=_encode(STORED, batch.received, **what),
    )


def upload_line(upload: Upload) -> Line:
    """Return the line of a signed URL."""
    return Line(
        **_beginning(upload),
        what="upload url",
        facts=("", "" if upload.size is None else counted(upload.size, "byte")),
        rest=upload.ref.uri,
        json=_encode(URL_ISSUED, upload.received, object=upload.ref.uri, size=upload.size),
    )


def refusal_line(refusal: Refusal) -> Line:
    """Return the line of a request that was not accepted."""
    what = {"status": refusal.status, "reason": refusal.reason, "path": refusal.path}
    return Line(
        refusal.received,
        labels=("", ""),
        session="",
        what="refused",
        facts=(str(refusal.status), refusal.reason),
        rest=refusal.path,
        json=_encode(refusal.event, refusal.received, **what),
    )


def _event_line(line: StoredLine, context: LineContext) -> Line:
    row = make_row(line, context)
    if isinstance(row, Reject):
        values: Mapping[str, object] = context.columns
        received = context.created
        rest = [row.reason, line.payload.decode(errors="replace")]
    else:
        values = row.values
        received = datetime.fromisoformat(f"{values['received_timestamp']}")
        texts = (
            bytes(raw).decode() for raw in map(values.get, _REST) if isinstance(raw, msgspec.Raw)
        )
        rest = [text for text in texts if text != "{}"]

    def text_of(name: str) -> str:
        value = values.get(name)
        return "" if value is None else str(value)

    environment, category = map(text_of, _LABELS)
    index, player = map(text_of, _FACTS)
    return Line(
        received,
        labels=(environment, category),
        session=text_of("session_id"),
        what=text_of("event_type"),
        facts=(index, player),
        rest=" ".join(rest),
        json=line.payload,
        is_event=True,
    )


class _Beginning(TypedDict):
    received: datetime
    labels: tuple[str, str]
    session: str


def _beginning(arrival: Batch | Upload) -> _Beginning:
    partition = arrival.place.partition
    return {
        "received": arrival.received,
        "labels": (partition.analytics_environment, partition.event_category),
        "session": arrival.place.session_id,
    }


def _encode(event: str, received: datetime, **fields: object) -> bytes:
    return json.dumps({"event": event, "time": received.isoformat(), **fields}).encode()
