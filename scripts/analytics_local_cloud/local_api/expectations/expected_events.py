"""Whether events came as expected."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.kept_traces import MOST_TRACES
from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import EventExpectation
from analytics_local_cloud.local_api.event_fields import fields_of, holds, pick, tell_wanted
from analytics_local_cloud.local_api.expectations.nearest_events import Near, nearest, tell_others
from analytics_local_cloud.local_api.idleness import is_idle, tell_pending
from analytics_local_cloud.local_api.lookout import Finding, Look, met, missed
from analytics_local_cloud.local_api.seen_traces import is_good, is_of, looked_at, once_each, shown


def look_for_events(inside: Inside, asked: EventExpectation) -> Look:
    """Return what looks whether they came."""
    found: dict[int, Trace] = {}
    revision = asked.since

    async def look() -> Finding:
        nonlocal revision
        for trace in inside.traces.changed_since(revision):
            if _is_as_expected(asked, trace):
                found[trace.number] = trace
        revision = inside.traces.revision
        return _judge(inside, asked, list(once_each(found.values())))

    return look


def _is_as_expected(asked: EventExpectation, trace: Trace) -> bool:
    if not is_good(trace) or trace.event_type != asked.event_type:
        return False
    if not is_of(trace, asked.environment):
        return False
    fields = fields_of(trace)
    return all(holds(wanted, pick(fields, name)) for name, wanted in asked.where.items())


def _judge(inside: Inside, asked: EventExpectation, found: Sequence[Trace]) -> Finding:
    count = 1 if asked.count is None and asked.exactly_once else asked.count
    least = asked.at_least if asked.at_least is not None else 1 if count is None else count
    if count is not None and len(found) > count:
        return missed(lambda: _complain(inside, asked, found, least), is_final=True)
    is_sure = not asked.exactly_once and count != 0
    if len(found) < least or not (is_sure or is_idle(inside, asked.environment)):
        return missed(lambda: _complain(inside, asked, found, least))
    return met(lambda: {"matches": [shown(each) for each in found]})


def _complain(
    inside: Inside, asked: EventExpectation, found: Sequence[Trace], least: int
) -> dict[str, Any]:
    """Return what is wrong, and what is nearest to what is missing."""
    fields = " and ".join(tell_wanted(name, wanted) for name, wanted in asked.where.items())
    what = f"{asked.event_type} with {fields}" if fields else asked.event_type
    everywhere = tuple(looked_at(inside.traces, asked))
    near: Sequence[Near] = ()
    if len(found) < least:
        message = f"{len(found)} of {least} {what}" if found else f"no {what}"
        near = nearest(asked, [each for each in everywhere if is_of(each, asked.environment)])
        words = "; ".join(each.words for each in near)
        others = tell_others(everywhere, asked.environment, asked.event_type)
        message += f"; {len(near)} near: {words}" if near else f"; {others}"
        if len(everywhere) == MOST_TRACES:
            message += f"; only the last {MOST_TRACES:,} events are remembered"
    elif len(found) > least:
        message = f"{len(found)} {what}, not {least}{_tell_repeats(found)}"
    else:
        message = f"{tell_pending(inside, asked.environment)}: there may be more {what}"
    return {
        "message": message,
        "matches": [shown(each) for each in found],
        "near": [{**shown(each.trace), "instead": each.instead} for each in near],
    }


def _tell_repeats(found: Sequence[Trace]) -> str:
    """Return in words how often the same event came in another batch."""
    events = Counter(map(_said, found))
    repeats = events.total() - len(events)
    if not repeats:
        return ""
    advice = "send each batch again under the same Idempotency-Key"
    return f"; {repeats} of them the same event again in another batch: {advice}"


def _said(trace: Trace) -> tuple[object, ...]:
    """Return what an event says, wherever it came; that of one that was not heard, too."""
    moment = (trace.row or {}).get("event_timestamp")
    return trace.session_id, trace.event_index, trace.player_id, trace.attributes, moment
