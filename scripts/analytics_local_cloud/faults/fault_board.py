"""Which faults are on, and which requests and deliveries they hit."""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from analytics_local_cloud.faults.fault_kinds import (
    Fault,
    FaultList,
    Full,
    Reorder,
    Repeated,
    Selective,
    Shift,
)
from analytics_local_cloud.faults.full_disk import FullDisk


class _Dice:
    """Tells whether a fault takes place; `played` is how often it did."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.played = 0
        self._random = random.Random(getattr(fault, "seed", 0))  # noqa: S311 - faults, not secrets

    def falls(self) -> bool:
        """Return whether the fault takes place this time, which counts."""
        fault = self.fault
        if not isinstance(fault, Repeated) or self.played == fault.times:
            return False
        falls = self._random.random() < fault.probability
        self.played += falls
        return falls


class FaultBoard:
    """The faults that are on: none at first, and none once it is closed.

    One event loop asks and changes it; `clock` may be asked by any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._dice: tuple[_Dice, ...] = ()
        self._shift = 0.0
        self._disk = FullDisk()

    def close(self) -> None:
        """Switch all off."""
        self.replace(())

    def replace(self, faults: Sequence[Fault]) -> None:
        """Switch these on, and all others off."""
        is_full = any(isinstance(dice.fault, Full) for dice in self._dice)
        self._dice = tuple(map(_Dice, faults))
        self._shift = sum(fault.seconds for fault in faults if isinstance(fault, Shift))
        becomes_full = any(isinstance(fault, Full) for fault in faults)
        if becomes_full != is_full:
            self._disk.set(full=becomes_full)

    def state(self) -> FaultList:
        """Return what is on, and how often it took place."""
        dice = self._dice
        return FaultList(tuple(d.fault for d in dice), tuple(d.played for d in dice))

    def clock(self) -> float:
        """Return the services' time, in seconds since the epoch."""
        return self._clock() + self._shift

    def hits(self, place: str, path: str, method: str = "") -> Iterator[Selective]:
        """Yield what is done to a request or a delivery, in order.

        Each counts as it is asked for: what a request no longer meets is left for others.
        """
        for dice in self._dice:
            fault = dice.fault
            if (
                isinstance(fault, Selective)
                and getattr(fault, "at", "") == place
                and path.startswith(fault.path)
                and fault.method.upper() in {"", method}
                and dice.falls()
            ):
                yield fault

    @property
    def may_reorder(self) -> bool:
        """Whether deliveries may be asked to come in any order."""
        return any(isinstance(dice.fault, Reorder) for dice in self._dice)

    def reorders(self) -> bool:
        """Return whether what waits is delivered in any order this time."""
        return any(dice.falls() for dice in self._dice if isinstance(dice.fault, Reorder))
