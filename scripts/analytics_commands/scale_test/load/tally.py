"""What came of sending: some forty bytes a batch, so that a hundred thousand take little memory."""

import time
from array import array
from collections import Counter
from collections.abc import Callable
from datetime import datetime

_ID_BYTES = 16  # of a batch_id, an MD5 digest
_NO_ID = bytes(_ID_BYTES)
_HOPELESS = 100  # batches in a row that nothing came of


class Tally:
    """Counts what became of each batch; times are seconds since `started`.

    `latencies` and `answered` have an entry for each acknowledged batch, in the order of the
    answers; `failures` counts attempts by what was answered; `given_up` has, for each batch that
    was never acknowledged, what became of its last attempt; `begun` counts the batches of which
    an attempt was made.
    """

    def __init__(
        self, batches: int, started: datetime, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self.started = started
        self._timer = timer
        self._zero = timer()
        self.latencies = array("d")
        self.answered = array("d")
        self.load_started = 0.0
        self.begun = 0
        self.failures: Counter[str] = Counter()
        self.given_up: dict[int, str] = {}
        self.last_problem = ""
        self._batch_ids = bytearray(_ID_BYTES * batches)
        self._given_up_in_a_row = 0

    def now(self) -> float:
        """Return the seconds since `started`."""
        return self._timer() - self._zero

    @property
    def done(self) -> int:
        """The number of batches that were acknowledged or given up."""
        return len(self.latencies) + len(self.given_up)

    @property
    def is_hopeless(self) -> bool:
        """Whether so many batches in a row failed that sending more tells nothing."""
        return self._given_up_in_a_row >= _HOPELESS

    @property
    def batches_per_second(self) -> float:
        """How many batches were acknowledged a second, once the first one had been."""
        if not self.answered:
            return 0.0
        if len(self.answered) == 1:
            return 1 / max(self.latencies[0], 1e-6)
        return (len(self.answered) - 1) / max(self.last_answer - self.load_started, 1e-6)

    @property
    def last_answer(self) -> float:
        """When the last batch was acknowledged."""
        return self.answered[-1] if self.answered else 0.0

    def acknowledge(self, batch: int, batch_id: bytes, *, latency: float, at: float) -> None:
        """Record the receipt of a batch."""
        start = batch * _ID_BYTES
        self._batch_ids[start : start + _ID_BYTES] = batch_id
        self.latencies.append(latency)
        self.answered.append(at)
        self._given_up_in_a_row = 0

    def fail(self, status: str, problem: str) -> None:
        """Record an attempt that failed."""
        self.failures[status] += 1
        self.last_problem = problem

    def give_up(self, batch: int, status: str) -> None:
        """Record a batch that is not sent again."""
        self.given_up[batch] = status
        self._given_up_in_a_row += 1

    def batch_id(self, batch: int) -> bytes | None:
        """Return the batch's id by its receipt, None if it was never acknowledged."""
        start = batch * _ID_BYTES
        batch_id = bytes(self._batch_ids[start : start + _ID_BYTES])
        return None if batch_id == _NO_ID else batch_id

    def batches_by_id(self) -> dict[bytes, int]:
        """Return the acknowledged batches by the ids of their receipts."""
        batches = range(len(self._batch_ids) // _ID_BYTES)
        found = ((self.batch_id(batch), batch) for batch in batches)
        return {batch_id: batch for batch_id, batch in found if batch_id is not None}


def read_batch_id(text: str) -> bytes | None:
    """Return a `batch_id` as bytes, None for text that is none."""
    try:
        batch_id = bytes.fromhex(text)
    except ValueError:
        return None
    return batch_id if len(batch_id) == _ID_BYTES else None
