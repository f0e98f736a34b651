"""Pure: figures of several rounds, and whether the machine was too busy to believe them."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from analytics_bench.report.figures_file import Figure
from analytics_bench.wall_clock.programme import Condition
from analytics_bench.wall_clock.rounds import Round

FEWEST_ROUNDS = 3
_MOST_SPREAD = 0.15
_UNITS = {
    "per_second": "requests/s",
    "cpu_ms": "ms",
    "p50_ms": "ms",
    "p99_ms": "ms",
    "memory_mb": "MB",
}


def is_noisy(values: Sequence[float]) -> bool:
    """Tell whether a figure varies by more than 15 %, or was measured too rarely to tell.

    It is asked of the variant that does nothing: whatever moves it moves the others.
    """
    if len(values) < FEWEST_ROUNDS:
        return True
    return max(values) - min(values) > _MOST_SPREAD * median(values)


def summarize(
    condition: Condition, rounds: Mapping[str, Sequence[Round]], reference: str
) -> Iterator[Figure]:
    """Yield the figures of a condition, of each variant; noisy if the reference's speed is."""
    noisy = is_noisy([each.per_second for each in rounds[reference]])
    for variant, measured in rounds.items():
        for measure, unit in _UNITS.items():
            values = [getattr(each, measure) for each in measured]
            is_time = measure != "memory_mb"  # which other work does not change
            yield _figure(condition, measure, variant, values, unit, noisy=noisy and is_time)


def compare(
    condition: Condition, rounds: Mapping[str, Sequence[Round]], variant: str
) -> Iterator[Figure]:
    """Yield how many times a variant serves each other one's requests, and its CPU time.

    Rounds are compared with those beside them; the spread says what a ratio is worth.
    """
    for other, measured in rounds.items():
        if other == variant:
            continue
        for measure in ("per_second", "cpu_ms"):
            pairs = zip(rounds[variant], measured, strict=True)
            values = [
                getattr(mine, measure) / divisor
                for mine, theirs in pairs
                if (divisor := getattr(theirs, measure))
            ]
            if values:
                yield _figure(condition, f"{measure}_ratio", f"{variant}/{other}", values, "times")


def _figure(
    condition: Condition,
    measure: str,
    variant: str,
    values: Sequence[float],
    unit: str,
    *,
    noisy: bool = False,
) -> Figure:
    return Figure(
        measure,
        variant,
        round(median(values), 4),
        unit,
        events=condition.events,
        clients=condition.clients,
        delay_ms=condition.delay_ms,
        low=round(min(values), 4),
        high=round(max(values), 4),
        noisy=noisy,
    )
