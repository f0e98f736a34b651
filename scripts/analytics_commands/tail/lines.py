"""Pure: arrivals and events as lines of the same columns."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from analytics_commands.tail.arrivals import STORED, URL_ISSUED, Batch, Refusal, Upload
from analytics_pipeline.load.contents import Line as StoredLine
from analytics_pipeline.load.rows import LineContext, Reject, make_row
from analytics_pipeline.object_names import batch_id_of
from analytics_pipeline.stored_objects import StoredObject

_NONE = "-"
_COLUMNS = (
    "analytics_environment",
    "event_category",
    "session_id",
    "event_type",
    "event_index",
    "player_id",
)
_REST = ("event_attributes", "extra")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a time, an environment, a category, a session, and four that say what it is.

    `json` is what a machine reads instead, None for what is none. `session_id` is what an event
    itself calls its session.
    """

    columns: tuple[str, ...]
    json: bytes | None
    session_id: str = ""


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
    what = "batch" if batch.place.data_type == "json" else batch.place.data_type
    return Line(
        (
            *_beginning(batch),
            what,
            f"{batch.event_count} events",
            f"{batch.size} bytes",
            batch.ref.uri,
        ),
        _encode(
            STORED,
            batch.received,
            object=batch.ref.uri,
            event_count=batch.event_count,
            bytes=batch.size,
        ),
    )


def upload_line(upload: Upload) -> Line:
    """Return the line of a signed URL."""
    size = _NONE if upload.size is None else f"{upload.size} bytes"
    return Line(
        (*_beginning(upload), "upload url", _NONE, size, upload.ref.uri),
        _encode(URL_ISSUED, upload.received, object=upload.ref.uri, size=upload.size),
    )


def refusal_line(refusal: Refusal) -> Line:
    """Return the line of a request that was not accepted."""
    what = {"status": refusal.status, "reason": refusal.reason, "path": refusal.path}
    return Line(
        (_format_time(refusal.received), *[_NONE] * 3, "refused", *map(str, what.values())),
        _encode(refusal.event, refusal.received, **what),
    )


def _event_line(line: StoredLine, context: LineContext) -> Line:
    row = make_row(line, context)
    if isinstance(row, Reject):
        values: Mapping[str, object] = context.columns
        received = _format_time(context.created)
        rest = [row.reason, line.payload.decode(errors="replace")]
    else:
        values = row.values
        received = f"{values['received_timestamp']}"[:-4] + "Z"  # of its microseconds
        texts = (
            bytes(raw).decode() for raw in map(values.get, _REST) if isinstance(raw, msgspec.Raw)
        )
        rest = [text for text in texts if text != "{}"]
    columns = (str(values.get(name) or _NONE) for name in _COLUMNS)
    return Line(
        (received, *columns, " ".join(rest) or _NONE),
        line.payload,
        str(values.get("session_id", "")),
    )


def _beginning(arrival: Batch | Upload) -> tuple[str, ...]:
    partition = arrival.place.partition
    return (
        _format_time(arrival.received),
        partition.analytics_environment,
        partition.event_category,
        arrival.place.session_id,
    )


def _format_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _encode(event: str, received: datetime, **fields: object) -> bytes:
    return json.dumps({"event": event, "time": received.isoformat(), **fields}).encode()
