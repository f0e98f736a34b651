"""The proof of a run: waits until what was stored can be queried, then looks at every event."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.queryable import Listing, Poll, Queries, poll
from analytics_commands.scale_test.proof.stored import Stored, compare_objects
from analytics_commands.scale_test.proof.witness import Witness

_STALLED_SECONDS = 2.0  # without a new event: what is missing may never have been stored
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Proof:
    """What Cloud Storage and BigQuery hold of a run.

    `queryable_at` is when all that is stored could be queried, in seconds after the first
    request; None: not in the time that was given. `rows_per_batch` counts all deliveries.
    """

    stored: Stored
    witness: Witness
    polls: tuple[Poll, ...]
    queryable_at: float | None
    rows_per_batch: Listing | None


class Prover:
    """Proves one run."""

    def __init__(
        self,
        queries: Queries,
        inventory: Inventory,
        plan: Plan,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._queries = queries
        self._inventory = inventory
        self._plan = plan
        self._sleep = sleep

    def check_access(self) -> None:
        """Ask once what the proof will ask, so that it cannot fail after all was sent.

        Raises TransientError.
        """
        self._queries.count()
        next(iter(self._inventory.objects(self._plan.prefix)), None)

    def prove(self, tally: Tally, wait_seconds: float) -> Proof:
        """Return the proof; events are waited for so many seconds. Raises TransientError."""
        deadline = tally.now() + wait_seconds
        accepted = len(tally.latencies) * self._plan.batch_size

        def poll_until(is_enough: Callable[[list[Poll]], bool]) -> list[Poll]:
            return poll(
                self._queries,
                tally.now,
                lambda polls: is_enough(polls) or tally.now() >= deadline,
                self._sleep,
            )

        # Listing a large run takes its time: when the last event arrives is measured before.
        polls = poll_until(lambda polls: _reached(polls, accepted) or _stalled(polls))
        stored = compare_objects(self._inventory.objects(self._plan.prefix), self._plan, tally)
        if not _reached(polls, stored.events):
            polls += poll_until(lambda polls: _reached(polls, stored.events))
        complete = (each.at for each in polls if each.count >= stored.events)
        return Proof(
            stored=stored,
            witness=self._look(tally, stored, deadline),
            polls=tuple(polls),
            queryable_at=next(complete, None),
            rows_per_batch=self._queries.rows_per_batch(),
        )

    def _look(self, tally: Tally, stored: Stored, deadline: float) -> Witness:
        """Return what is seen in the end.

        An attempt without an answer may be stored after the listing; then the counts sufficed
        while another event was still on its way.
        """
        while True:
            witness = self._queries.look(tally)
            lost = (position // self._plan.batch_size for position in witness.lost())
            if all(batch in stored.missing for batch in lost) or tally.now() >= deadline:
                return witness
            self._sleep(_PAUSE_SECONDS)


def _reached(polls: list[Poll], count: int) -> bool:
    return polls[-1].count >= count


def _stalled(polls: list[Poll]) -> bool:
    last = polls[-1]
    since = next(each.at for each in polls if each.count == last.count)
    return last.at - since >= _STALLED_SECONDS
