"""A run in numbers, and what they say."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.proof import Proof

_NAMED = 20  # events of each kind
_PERCENTILES = (50, 90, 95, 99)
_SECONDS_PER_PLAYER = (10, 20, 30)  # in which a player's game sends one batch


@dataclass(frozen=True)
class Named:
    """One event by its planted id, with a word about it."""

    event: str
    note: str


@dataclass(frozen=True)
class Finding:
    """Events that something is wrong with: how many, and the first of them."""

    count: int
    first: tuple[Named, ...]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What `--json` prints. Events and objects are counted, latencies are milliseconds.

    `exactly_once` are the accepted events that are there once and as they were sent;
    `seen_without_receipt` are events of batches that were never acknowledged, `strangers` are
    rows that are none of the events sent.
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
    not_sent: int
    objects: int
    unacknowledged_objects: int
    objects_of_another_size: int
    seconds_until_queryable: float | None
    exactly_once: int
    lost: Finding
    doubled: Finding
    altered: Finding
    strangers: int
    seen_without_receipt: int
    concurrent_users: Mapping[str, int]

    def problems(self) -> list[str]:
        """Return what makes the test fail, in words; nothing when all is well."""
        counts = {
            "{} events lost": self.lost.count,
            "{} events doubled": self.doubled.count,
            "{} events altered": self.altered.count,
            "{} rows of no event that was sent": self.strangers,
            "{} objects of another size": self.objects_of_another_size,
            "{} batches never acknowledged": sum(self.never_acknowledged.values()),
            "{} batches not sent": self.not_sent,
        }
        return [text.format(f"{count:,}") for text, count in counts.items() if count]


def compute_figures(plan: Plan, load: Load, tally: Tally, proof: Proof, *, gateway: str) -> Figures:
    """Return the figures of a run."""
    witness, stored = proof.witness, proof.stored
    lost, doubled = list(witness.lost()), witness.doubled()
    wrong = {*lost, *doubled, *witness.altered}
    accepted = len(tally.latencies) * plan.batch_size
    rate = tally.batches_per_second
    queryable_at = proof.queryable_at

    def is_accepted(position: int) -> bool:
        return tally.batch_id(position // plan.batch_size) is not None

    def where(position: int) -> str:
        batch = position // plan.batch_size
        return "no object" if batch in stored.missing else "stored, but no row"

    return Figures(
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
        accepted_events=accepted,
        seconds=round(tally.last_answer, 3),
        batches_per_second=round(rate, 2),
        events_per_second=round(rate * plan.batch_size, 2),
        latency_ms=latency_figures(tally.latencies),
        failed_attempts=dict(tally.failures),
        never_acknowledged=dict(Counter(tally.given_up.values())),
        not_sent=plan.batches - tally.done,
        objects=stored.objects,
        unacknowledged_objects=stored.unacknowledged,
        objects_of_another_size=stored.of_another_size,
        seconds_until_queryable=None
        if queryable_at is None
        else round(max(0.0, queryable_at - tally.last_answer), 3),
        exactly_once=accepted - sum(map(is_accepted, wrong)),
        lost=_finding(plan, {position: where(position) for position in lost}),
        doubled=_finding(plan, {p: f"{witness.sightings(p)} times" for p in doubled}),
        altered=_finding(plan, {p: ", ".join(f) for p, f in sorted(witness.altered.items())}),
        strangers=witness.strangers,
        seen_without_receipt=witness.seen_without_receipt(),
        concurrent_users={str(each): int(rate * each) for each in _SECONDS_PER_PLAYER},
    )


def latency_figures(seconds: Iterable[float]) -> dict[str, float]:
    """Return percentiles (nearest rank) and the maximum, in milliseconds."""
    ordered = sorted(seconds)
    found = {f"p{each}": percentile(ordered, each) for each in _PERCENTILES}
    return {name: round(value * 1000, 2) for name, value in {**found, "max": ordered[-1]}.items()}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many per cent of the ordered values do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _finding(plan: Plan, notes: Mapping[int, str]) -> Finding:
    first = islice(notes.items(), _NAMED)
    return Finding(len(notes), tuple(Named(plan.planted_id(p), note) for p, note in first))
