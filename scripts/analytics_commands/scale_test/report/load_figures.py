"""The load in numbers: what was accepted, how fast, and what failed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.load.tally import Tally

_PERCENTILES = (50, 90, 95, 99)
_SECONDS_PER_PLAYER = (10, 20, 30)  # in which a player's game sends one batch


@dataclass(frozen=True, kw_only=True)
class LoadFigures:
    """What is known once sending has ended. Batches and events are counted.

    `latency_ms` are milliseconds by percentile, none where nothing was accepted; `unanswered` are
    batches that were under way when the run ended, `not_sent` those that never were.
    """

    scale_test: str
    gateway: str
    analytics_environment: str
    event_category: str
    event_ds: str
    event_time: str
    batches: int
    batch_size: int
    pool_size: int
    rate: float | None
    accepted_batches: int
    accepted_events: int
    seconds: float
    batches_per_second: float
    events_per_second: float
    latency_ms: Mapping[str, float]
    failed_attempts: Mapping[str, int]
    never_acknowledged: Mapping[str, int]
    unanswered: int
    not_sent: int
    concurrent_users: Mapping[str, int]


def compute_load_figures(plan: Plan, load: Load, tally: Tally, *, gateway: str) -> LoadFigures:
    """Return the figures of a load."""
    rate = tally.batches_per_second
    return LoadFigures(
        scale_test=plan.run,
        gateway=gateway,
        analytics_environment=plan.partition.analytics_environment,
        event_category=plan.partition.event_category,
        event_ds=plan.partition.event_ds,
        event_time=plan.partition.event_time,
        batches=plan.batches,
        batch_size=plan.batch_size,
        pool_size=load.pool_size,
        rate=load.rate,
        accepted_batches=len(tally.latencies),
        accepted_events=len(tally.latencies) * plan.batch_size,
        seconds=round(tally.last_answer, 3),
        batches_per_second=round(rate, 2),
        events_per_second=round(rate * plan.batch_size, 2),
        latency_ms=latency_figures(tally.latencies),
        failed_attempts=dict(tally.failures),
        never_acknowledged=dict(Counter(tally.given_up.values())),
        unanswered=tally.begun - tally.done,
        not_sent=plan.batches - tally.begun,
        concurrent_users={str(each): int(rate * each) for each in _SECONDS_PER_PLAYER},
    )


def latency_figures(seconds: Iterable[float]) -> dict[str, float]:
    """Return percentiles (nearest rank) and the maximum, in milliseconds; none of no latency."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    found = {f"p{each}": percentile(ordered, each) for each in _PERCENTILES}
    return {name: round(value * 1000, 2) for name, value in {**found, "max": ordered[-1]}.items()}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many per cent of the ordered values do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]
