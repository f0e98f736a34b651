"""Whether a session has the events that it should have."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import SessionExpectation
from analytics_local_cloud.local_api.lookout import Finding, Look, met, missed
from analytics_local_cloud.local_api.seen_traces import is_good, is_of, looked_at, once_each, shown

_MOST_TOLD = 10


def look_for_session(inside: Inside, asked: SessionExpectation) -> Look:
    """Return what looks whether a session is as expected."""

    async def look() -> Finding:
        found = [
            each
            for each in looked_at(inside.traces, asked)
            if is_good(each) and each.session_id == asked.session_id
            if is_of(each, asked.environment)
        ][::-1]
        once = list(once_each(found))
        if problems := _problems(asked, once):
            message = f"session {asked.session_id}: {'; '.join(problems)}"
            return missed(lambda: {"message": message})
        return met(lambda: {"matches": [shown(each) for each in once]})

    return look


def _problems(asked: SessionExpectation, found: Sequence[Trace]) -> Sequence[str]:
    """Return in words what is wrong; events without index do not matter."""
    came = [each.event_index for each in found if each.event_index is not None]
    if not found:
        return ["no event of it came"]
    counts, wanted = Counter(came), Counter(asked.indexes)
    problems = [
        _tell("missing: index", wanted - counts),
        _tell("too many: index", counts - wanted),
    ]
    if asked.in_order:
        wrong = [f"{later} after {index}" for index, later in pairwise(came) if later < index]
        problems.append(f"out of order: index {', '.join(wrong[:_MOST_TOLD])}" * bool(wrong))
    if None in {each.event_index for each in found} and any(problems):
        problems.append("some events have no eventIndex, which is to be a number")
    return [each for each in problems if each]


def _tell(what: str, indexes: Counter[int]) -> str:
    told = sorted(indexes.elements())
    more = f" and {len(told) - _MOST_TOLD} more" * (len(told) > _MOST_TOLD)
    return f"{what} {', '.join(map(str, told[:_MOST_TOLD]))}{more}" if told else ""
