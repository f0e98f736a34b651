"""Whether anything is pending still: before, nobody can know what does not come."""

from collections.abc import Callable

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.local_api.lookout import Finding, Look, met, missed
from analytics_local_cloud.local_api.seen_traces import pending

_PAUSE_SECONDS = 0.02  # what becomes of deliveries is no news


def is_idle(inside: Inside, environment: str) -> bool:
    """Tell whether each event of an environment has come where it goes."""
    return not pending(inside.traces.newest_first(), environment) and not inside.traces.is_waiting


def tell_pending(inside: Inside, environment: str) -> str:
    """Return in words what is pending."""
    waiting = len(pending(inside.traces.newest_first(), environment))
    unheard = "; batches whose answer was lost" * inside.traces.is_waiting
    return f"events that wait for their rows: {waiting}; deliveries: {inside.backlog()}{unheard}"


def look_for_idle(inside: Inside, environment: str) -> Look:
    """Return what looks whether nothing is pending, deliveries of objects included."""

    async def look() -> Finding:
        if (environment or inside.backlog() == 0) and is_idle(inside, environment):
            return met(dict)
        return missed(
            lambda: {"message": tell_pending(inside, environment)},
            pause=_PAUSE_SECONDS,
        )

    return look


def look_when_idle(inside: Inside, environment: str, judge: Callable[[], Finding]) -> Look:
    """Return what judges; what is met may still change while something is pending."""

    async def look() -> Finding:
        finding = judge()
        if not finding.is_met or is_idle(inside, environment):
            return finding
        return missed(lambda: {"message": tell_pending(inside, environment)})

    return look
