"""What was measured, as JSON lines: the form that others read, so fields are only ever added.

A line is one figure. `measure` and `variant` say of what; `events` (a request or an object),
`clients` and `delay_ms` (of each answer of the storage) under which conditions, where there are
any. `value` is in `unit`; `low` and `high` are its extremes over the rounds. Where `noisy`, the
machine was busy with other work, and the value says nothing.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure, as it is written."""

    measure: str
    variant: str
    value: float
    unit: str
    events: int | None = None
    clients: int | None = None
    delay_ms: int | None = None
    low: float | None = None
    high: float | None = None
    noisy: bool = False
    python: str = ""


def write_figures(path: Path, figures: Iterable[Figure]) -> None:
    """Write the figures, one a line."""
    lines = [msgspec.json.encode(figure) + b"\n" for figure in figures]
    path.write_bytes(b"".join(lines))


def read_figures(path: Path) -> list[Figure]:
    """Return the figures of a file that write_figures wrote."""
    return [msgspec.json.decode(line, type=Figure) for line in path.read_bytes().splitlines()]


def value_of(
    figures: Iterable[Figure], measure: str, variant: str, events: int | None = None
) -> float | None:
    """Return the value of a figure, None when it was not measured."""
    for each in figures:
        if (each.measure, each.variant, each.events) == (measure, variant, events):
            return each.value
    return None
