"""What is known of each batch so far; it comes in any order, and some of it never."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.journal.written_rows import Written

_MOST_BATCHES = 10_000
_MOST_LINES = 10_000
_MOST_TRIES = 1_000
_PATIENCE_SECONDS = 3
_LABELS = re.compile(r"/analytics_environment=([^/]*)/event_category=([^/]*)/")


@dataclass(slots=True)
class Batch:
    """One batch; `written` waits until `is_known`: until there are traces of it, by their lines.

    `stored_at` is in seconds since the epoch, 0 where the storage was not heard; `event_count` is
    what the object says.
    """

    batch_id: str
    traces: dict[int, Trace] = field(default_factory=dict)
    object_name: str = ""
    event_count: int = 0
    stored_at: float = 0.0
    written: list[Written] = field(default_factory=list)
    is_known: bool = False

    @property
    def lines(self) -> list[int]:
        """The lines that it has, as far as one can tell without its request; 0: it has none.

        Whoever stores an object can say anything of how many.
        """
        if self.object_name:
            return list(range(1, min(self.event_count, _MOST_LINES) + 1)) or [0]
        return sorted({each.line for each in self.written})

    def of_line(self, line: int) -> list[Trace]:
        """Return the traces of a line; of 0, all of them."""
        found = self.traces.get(line)
        return [found] if found else [] if line else list(self.traces.values())

    @property
    def labels(self) -> tuple[str, str]:
        """Environment and category, as the object's name says; empty where it is not known."""
        found = _LABELS.search(self.object_name)
        return (found[1], found[2]) if found else ("", "")


class Batches:
    """The last batches of which something was heard, and the requests that nobody answered."""

    def __init__(self) -> None:
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._unasked: OrderedDict[str, float] = OrderedDict()
        self._tries: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def of(self, batch_id: str) -> Batch:
        """Return the batch of that id, a new one if need be."""
        batch = self._batches.get(batch_id)
        if batch is None:
            batch = self._batches[batch_id] = Batch(batch_id)
            if len(self._batches) > _MOST_BATCHES:
                self._batches.popitem(last=False)
        return batch

    def heard(self, batch: Batch, at: float) -> None:
        """Note when something of a batch was heard whose request may never be."""
        if not batch.is_known:
            self._unasked[batch.batch_id] = at
            self._unasked.move_to_end(batch.batch_id)

    @property
    def is_waiting(self) -> bool:
        """Whether there is a batch whose request may never be heard."""
        batches = map(self._batches.get, self._unasked)
        return any(batch is not None and not batch.is_known for batch in batches)

    def unasked(self, now: float) -> Iterator[Batch]:
        """Yield the batches whose requests were not heard in time, and will not be."""
        while self._unasked and next(iter(self._unasked.values())) <= now - _PATIENCE_SECONDS:
            batch_id, _ = self._unasked.popitem(last=False)
            batch = self._batches.get(batch_id)
            if batch and not batch.is_known:
                yield batch

    def failed(self, key: str, began: float) -> None:
        """Note that a request with that idempotency key was not answered as it should be."""
        first, count = self._tries.get(key, (began, 0))
        self._tries[key] = (first, count + 1)
        if len(self._tries) > _MOST_TRIES:
            self._tries.popitem(last=False)

    def tries(self, key: str, began: float) -> tuple[float, int]:
        """Return when a request was first sent, and how often before; asked once."""
        return self._tries.pop(key, (began, 0))

    def drop(self, trace: Trace) -> None:
        """Forget a trace; that there was its batch is remembered."""
        batch = self._batches.get(trace.batch_id)
        if batch and batch.traces.get(trace.line) is trace:
            del batch.traces[trace.line]

    def clear(self) -> None:
        """Forget the traces of all batches."""
        for batch in self._batches.values():
            batch.traces.clear()
            batch.written.clear()
            batch.is_known = True
        self._unasked.clear()
