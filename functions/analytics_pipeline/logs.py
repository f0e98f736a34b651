"""Structured log lines that Cloud Logging understands, one JSON object a line on stdout.

Every line names an event registered here, so that alerts and metrics can rely on the names. Lines
never hold an API key or a query string, nor a payload, but where the text of a defect quotes one.
Field names: Cloud Logging documentation, "Structured logging, special JSON fields".
"""

import re
import sys
import time
import traceback
from collections.abc import Collection, Mapping
from contextvars import ContextVar

import msgspec

from analytics_pipeline.clock import format_second

EVENTS: Mapping[str, str] = {
    "batch_stored": "INFO",  # ingest: one object acknowledged by Cloud Storage
    "batch_repeated": "INFO",  # ingest: an answer to a retry; the object had been stored before
    "upload_url_issued": "INFO",  # ingest: one signed URL
    "not_loadable": "ERROR",  # ingest: category `function`, but not JSON: never reaches BigQuery
    "write_corrupt": "CRITICAL",  # ingest: Cloud Storage acknowledged other bytes than were sent
    "write_unverified": "WARNING",  # ingest: acknowledged, but the MD5 could not be compared
    "request_refused": "INFO",  # ingest: 4xx
    "request_unavailable": "ERROR",  # ingest: 503
    "request_failed": "CRITICAL",  # ingest: 500, a defect
    "object_loaded": "INFO",  # load, reconcile: rows inserted, rejects dead-lettered
    "object_dead_lettered": "ERROR",  # load, reconcile: the object as a whole
    "object_gone": "WARNING",  # load, reconcile: deleted before it was loaded
    "load_failed": "ERROR",  # load: transient, the event is delivered again
    "event_malformed": "ERROR",  # load: no CloudEvent of a storage object
    "objects_reconciled": "INFO",  # reconcile: a run that left nothing
    "reconcile_unfinished": "WARNING",  # reconcile: a run that left something to the next one
    "reconcile_failed": "ERROR",  # reconcile: a listing, or the run, met a failure that may pass
    "repair_failed": "ERROR",  # reconcile: one object, which the next run tries again
    "rows_repeated_removed": "INFO",  # reconcile: events that were shown on several days
}

_SHORTEST_HIDDEN = 6  # what is shorter is no secret, and stands in any text
_TRACE = re.compile(r"^(?:00-)?([0-9a-f]{32})\b")
_trace: ContextVar[str] = ContextVar("trace", default="")


def set_trace(project: str, headers: Mapping[bytes, bytes]) -> None:
    """Tie the log lines of this request to its trace (`traceparent` or `X-Cloud-Trace-Context`)."""
    header = headers.get(b"traceparent") or headers.get(b"x-cloud-trace-context") or b""
    found = _TRACE.match(header.decode("latin-1"))
    _trace.set(f"projects/{project}/traces/{found[1]}" if found else "")


def write(event: str, **fields: object) -> None:
    """Write one line about the registered `event`; `fields` are JSON values.

    Raises KeyError for an event that is not registered.
    """
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    line: dict[str, object] = {
        "severity": EVENTS[event],
        "time": f"{format_second(seconds)}.{nanoseconds // 1000:06d}Z",
        "message": event,
        "event": event,
    }
    if trace := _trace.get():
        line["logging.googleapis.com/trace"] = trace
    line.update(fields)
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def write_exception(
    event: str, exc: BaseException, *, hidden: Collection[str] = (), **fields: object
) -> None:
    """Write one line about the registered `event` with the traceback of `exc`.

    In its texts "…" stands for each of the `hidden`, which such an error may repeat.
    """
    texts = {"error": repr(exc), "stack_trace": "".join(traceback.format_exception(exc))}
    secrets = sorted((text for text in hidden if len(text) >= _SHORTEST_HIDDEN), key=len)
    for secret in reversed(secrets):  # the longest first: others are parts of it
        texts = {name: text.replace(secret, "…") for name, text in texts.items()}
    write(event, **texts, **fields)
