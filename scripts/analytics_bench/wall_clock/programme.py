"""Under which conditions the variants are compared, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Condition:
    """Events a request, clients that send at a time, and how long the storage takes to answer."""

    events: int
    clients: int
    delay_ms: int

    def __str__(self) -> str:
        """Say it in a few words."""
        events = f"{self.events} event{'s' if self.events > 1 else ''}"
        return f"{events}, {self.clients} clients, {self.delay_ms} ms"


@dataclass(frozen=True)
class Programme:
    """How much is measured: `rounds` of each condition, each of so many seconds a variant.

    No round is begun when `budget_seconds` are over.
    """

    conditions: Sequence[Condition]
    rounds: int
    seconds: float
    budget_seconds: float


DEFAULT = Programme(
    (
        *(Condition(4, clients, delay) for delay in (0, 30) for clients in (1, 30, 100)),
        *(Condition(events, 30, delay) for delay in (0, 30) for events in (1, 500)),
    ),
    rounds=5,
    seconds=1.5,
    budget_seconds=420,
)
QUICK = Programme(
    (Condition(4, 1, 0), Condition(4, 30, 0), Condition(4, 30, 30), Condition(500, 30, 0)),
    rounds=3,
    seconds=1.0,
    budget_seconds=90,
)
