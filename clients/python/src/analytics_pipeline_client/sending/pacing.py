"""When to send what: full jitter exponential backoff, Retry-After, and pauses when refused."""

import random
import time
from collections.abc import Callable, Sequence

_PATIENCE = 3  # failures of a batch, after which the next one shows whether it is the server
_MOST_CUT_WHILE_FAILING = 5  # so that a week offline makes few, large batches


class Pacing:
    """The pauses of one sender, on a clock that nobody sets."""

    def __init__(
        self,
        base: float,
        cap: float,
        halt: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = base
        self._cap = cap
        self._halt = halt
        self._monotonic = monotonic
        self._failures = 0
        self._resume_at = 0.0
        self._asked_until = 0.0
        self._batches: dict[int, float] = {}
        self.halted = False

    def failed(self, number: int, attempts: int, asked: float) -> None:
        """Wait after an attempt that failed; `attempts` counts those of this batch before."""
        now = self._monotonic()
        self._failures += 1
        self.asked(asked)
        self._resume_at = now + self._jitter(self._failures)
        self._batches[number] = now + self._jitter(attempts + 1)

    def refused(self, asked: float) -> None:
        """Wait because the key or the address is refused."""
        self.halted = True
        self.asked(asked)
        self._resume_at = self._monotonic() + self._halt

    def answered(self, number: int) -> None:
        """Go on at once: the server has answered, and the batch is settled."""
        self._failures = 0
        self._resume_at = 0.0
        self.halted = False
        self._batches.pop(number, None)

    def asked(self, seconds: float) -> None:
        """Wait because the server has asked to."""
        self._asked_until = max(self._asked_until, self._monotonic() + seconds)

    def hurry(self) -> None:
        """Forget all pauses but those that the server asked for."""
        self._resume_at = 0.0
        self._batches.clear()

    def pause(self) -> float:
        """Return the seconds until anything may be sent."""
        now = self._monotonic()
        return max(self._resume_at, self._asked_until, now) - now

    def choose(self, batches: Sequence[tuple[int, int]]) -> int | None:
        """Return the number of the batch to send next, of pairs with attempts, fewest first."""
        now = self._monotonic()
        ready = (number for number, _ in batches if self._batches.get(number, 0) <= now)
        return next(ready, None)

    def next_ready(self) -> float:
        """Return the seconds until one of the batches that failed may be sent again."""
        now = self._monotonic()
        return max(min(self._batches.values(), default=now), now) - now

    def may_cut(self, batches: Sequence[tuple[int, int]], *, full: bool) -> bool:
        """Tell whether a new batch may be cut, beside those that wait for another attempt."""
        if self._failures == 0:
            return True
        tried = all(attempts >= _PATIENCE for _, attempts in batches)
        return tried and (full or len(batches) < _MOST_CUT_WHILE_FAILING)

    def _jitter(self, failures: int) -> float:
        longest = min(self._cap, self._base * 2 ** min(failures - 1, 40))
        return random.uniform(0, longest)  # noqa: S311 - spreads clients, keeps no secret
