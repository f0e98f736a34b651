"""Pure: figures as tables, for people."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from analytics_bench.report.figures_file import Figure

_RATIO = "_ratio"
_SPEED = ("per_second", "cpu_ms", "p50_ms", "p99_ms", "memory_mb")
_HEADS = ("requests/s", "CPU ms", "p50 ms", "p99 ms", "MB")
NOISY = "NOISY"  # instead of a figure that says nothing


def plain_table(figures: Sequence[Figure]) -> str:
    """Return a line for each figure."""
    return "\n".join(
        f"{each.measure:22} {each.variant:16} {_events(each):12} {each.value:16,.10g} {each.unit}"
        for each in figures
    )


def speed_table(figures: Sequence[Figure]) -> str:
    """Return a block for each condition: the variants, and how ours compares with them."""
    measured = [each for each in figures if each.delay_ms is not None]
    return "\n".join(
        line
        for key, group in groupby(measured, lambda f: (f.events, f.clients, f.delay_ms))
        for line in _block(key, list(group))
    )


def _block(key: tuple[int | None, ...], figures: Sequence[Figure]) -> Iterator[str]:
    events, clients, delay_ms = key
    title = f"{events} events a request, {clients} clients, storage answers after {delay_ms} ms"
    yield f"\n{title}\n{'':10}" + "".join(f"{head:>14}" for head in _HEADS)
    speeds = [each for each in figures if not each.measure.endswith(_RATIO)]
    for variant, group in groupby(speeds, lambda figure: figure.variant):
        by_measure = {each.measure: each for each in group}
        yield f"{variant:10}" + "".join(f"{_shown(by_measure[name]):>14}" for name in _SPEED)
    for each in figures:
        if each.measure.endswith(_RATIO):
            yield (
                f"{each.variant:18} {each.measure.removesuffix(_RATIO):10} {each.value:.2f} times"
                f" ({each.low:.2f}-{each.high:.2f})"
            )


def _shown(figure: Figure) -> str:
    if figure.noisy:
        return NOISY
    return f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.2f}"  # noqa: PLR2004


def _events(figure: Figure) -> str:
    return "" if figure.events is None else f"{figure.events} events"
