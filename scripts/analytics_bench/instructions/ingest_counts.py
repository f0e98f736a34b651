"""Instructions a request of a served function, for each size of request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_bench.instructions.callgrind import (
    PIPE,
    Counting,
    NotCounted,
    WorkerCounters,
    callgrind,
    counters_of,
    until_stable,
)
from analytics_bench.services.fake_cloud import FakeCloud, running_fake
from analytics_bench.services.function_server import NOOP, Subject, serving
from analytics_bench.services.load_runs import send
from analytics_bench.traffic.delivery_proof import times_sent, verify
from analytics_bench.traffic.game_events import make_batches
from analytics_bench.traffic.requests_file import post_events, requests_file

# Events a request → requests a phase; of the first, phases are repeated until all is warm.
_PHASES = {4: 40, 1: 40, 500: 3}


def count_requests(subject: Subject, counting: Counting) -> Mapping[int, float]:
    """Return the instructions a request, by its number of events.

    Raises NotCounted, also when an event that was sent is not what was stored.
    """
    folder = counting.folder
    counters = counters_of(folder)
    variables = {"LD_PRELOAD": str(counting.library), PIPE: str(counters.pipe)}
    with (
        running_fake(counting.native.fake_services) as fake,
        serving(
            subject,
            counting.python,
            fake.url,
            folder / "server.log",
            prefix=callgrind(folder, from_start=False),
            variables=variables,
        ) as server,
    ):
        counters.take()
        sender = _Sender(subject, counting, fake, server.port)
        return {size: until_stable(_phase(sender, counters, size)) for size in _PHASES}


@dataclass(frozen=True)
class _Sender:
    """Sends what is counted to the subject, which listens on `port`."""

    subject: Subject
    counting: Counting
    fake: FakeCloud
    port: int

    def send(self, requests: Path, batches: Sequence[Sequence[bytes]]) -> None:
        """Send each batch once; raises NotCounted when one was not stored as it was sent."""
        self.fake.reset()
        program, count = self.counting.native.load_generator, len(batches)
        sending = send(program, self.port, requests, count=count)
        if sending.errors:
            raise NotCounted(f"{self.subject.name}: {sending.errors} of {count} requests failed")
        if self.subject is NOOP:
            return
        delivery = verify(
            times_sent(batches, count), (stored.content for stored in self.fake.stored())
        )
        if not delivery.is_whole:
            raise NotCounted(f"{self.subject.name}: {delivery}")


def _phase(sender: _Sender, counters: WorkerCounters, size: int) -> Callable[[], float]:
    """Return what sends the requests of one phase, and returns the instructions of each."""
    batches = make_batches(size, _PHASES[size])
    requests = sender.counting.folder / f"requests-{size}"
    requests.write_bytes(requests_file(post_events(batch, n) for n, batch in enumerate(batches)))

    def phase() -> float:
        sender.send(requests, batches)
        return counters.take() / len(batches)

    return phase
