"""Pure: which traces are good, which are bad, and which are neither yet; and how they are told."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec

from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.journal.traces import Traces
from analytics_local_cloud.local_api.asked import Asked
from analytics_pipeline.object_names import LOADED_CATEGORY

_MOST_SHOWN = 3000
_ENVIRONMENT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def looked_at(traces: Traces, asked: Asked) -> Iterator[Trace]:
    """Yield the traces that are looked at, of any environment; the newest first."""
    return (trace for trace in traces.newest_first() if trace.revision > asked.since)


def is_of(trace: Trace, environment: str) -> bool:
    """Tell whether a trace belongs to an environment, "" being all.

    A refused request that names none, or none that there may be, belongs to each.
    """
    if environment in {"", trace.labels[0]}:
        return True
    if trace.kind != "refused":
        return False
    named = parse_qs(trace.request.partition("?")[2]).get("analytics_environment", [])
    return len(named) != 1 or not _ENVIRONMENT.fullmatch(named[0])


def is_good(trace: Trace) -> bool:
    """Tell whether it is an event that came where it goes: a row, or stored in its category."""
    if trace.kind != "event":
        return False
    return trace.state == "loaded" or (
        trace.state == "stored" and trace.labels[1] != LOADED_CATEGORY
    )


def is_bad(trace: Trace) -> bool:
    """Tell whether it is a refused request, a dead letter, or bytes that are no events."""
    return trace.kind == "bytes" or trace.state in {"refused", "dead_letter"}


def pending(traces: Iterable[Trace], environment: str = "") -> list[Trace]:
    """Return the events that are stored, and become rows or letters."""
    return [
        trace
        for trace in traces
        if trace.kind == "event"
        and trace.state == "stored"
        and trace.labels[1] == LOADED_CATEGORY
        and is_of(trace, environment)
    ]


def once_each(traces: Iterable[Trace]) -> Iterator[Trace]:
    """Yield the traces of events as the view `events` has them: one of several of an id."""
    seen = set()
    for trace in traces:
        identity = (trace.row or {}).get("event_id", trace.number)
        if identity not in seen:
            seen.add(identity)
            yield trace


def visible(text: str) -> str:
    """Return a message with whatever clients sent made harmless: visible, and not too long."""
    cut = text[:_MOST_SHOWN] + f"… ({len(text):,} characters)" * (len(text) > _MOST_SHOWN)
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode()
        for each in cut
    )


def shown(trace: Trace) -> dict[str, Any]:
    """Return what is told of a trace, as JSON."""
    told: dict[str, Any] = msgspec.to_builtins(trace)
    environment, category = told.pop("labels")
    reason = told.pop("reason")
    if trace.kind == "bytes":
        reason = "bytes that are no events"
    return {**told, "environment": environment, "category": category, "reason": reason}
