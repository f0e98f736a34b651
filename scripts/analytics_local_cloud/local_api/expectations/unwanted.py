"""Whether there is none of what nobody wants: dead letters, refused requests, unknown fields."""

from collections.abc import Sequence

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import NoneExpectation
from analytics_local_cloud.local_api.event_fields import unknown_names
from analytics_local_cloud.local_api.idleness import look_when_idle
from analytics_local_cloud.local_api.lookout import Finding, Look, met, missed
from analytics_local_cloud.local_api.seen_traces import is_good, is_of, looked_at, shown

_MOST_TOLD = 3


def look_for_none(inside: Inside, asked: NoneExpectation) -> Look:
    """Return what looks whether there is none."""
    told = {
        "dead_letters": _letters,
        "refused_requests": _refusals,
        "unknown_fields": _unknown_fields,
    }[asked.what]

    def judge() -> Finding:
        found = [
            (each, words)
            for each in looked_at(inside.traces, asked)
            if is_of(each, asked.environment)
            if (words := told(each, asked.but))
        ]
        if not found:
            return met(dict)
        return missed(lambda: _complain(asked, found), is_final=True)

    return look_when_idle(inside, asked.environment, judge)


def _complain(asked: NoneExpectation, found: Sequence[tuple[Trace, str]]) -> dict[str, object]:
    kinds = list(dict.fromkeys(words for _, words in found))
    more = f"; and {len(kinds) - _MOST_TOLD} other kinds" * (len(kinds) > _MOST_TOLD)
    what = asked.what.replace("_", " ")
    message = f"{what}: {len(found)}; {'; '.join(kinds[:_MOST_TOLD])}{more}"
    return {"message": message, "found": [shown(each) for each, _ in found[:100]]}


def _letters(trace: Trace, but: frozenset[str]) -> str:
    reason = str((trace.letter or {}).get("reason", ""))
    if trace.state != "dead_letter" or reason in but:
        return ""
    return f"{trace.event_type or trace.sent[:100]}: {trace.reason}"


def _refusals(trace: Trace, but: frozenset[str]) -> str:
    if trace.state != "refused" or str(trace.status) in but:
        return ""
    return f"{trace.status} {trace.reason} ({trace.request[:200]})"


def _unknown_fields(trace: Trace, but: frozenset[str]) -> str:
    unknown = unknown_names(trace) - but if is_good(trace) else None
    return f"{', '.join(sorted(unknown))} of {trace.event_type}" if unknown else ""
