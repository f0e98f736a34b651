"""One round: a variant takes requests for a while, and all it acknowledged is looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_bench.native.c_programs import Native
from analytics_bench.services.fake_cloud import FakeCloud
from analytics_bench.services.function_server import NOOP, Server, Subject
from analytics_bench.services.load_runs import Sending, send
from analytics_bench.services.process_usage import cpu_seconds, memory_mb
from analytics_bench.traffic.delivery_proof import times_sent, verify
from analytics_bench.traffic.game_events import SIZES, make_batches
from analytics_bench.traffic.requests_file import post_events, put_object, requests_file
from analytics_bench.wall_clock.programme import Condition

# Different requests, which are sent in turn.
_REQUESTS = {1: 1000, 4: 1000, 500: 40}
_CEILING_BYTES, _CEILING_REQUESTS, _CEILING_CLIENTS = 4_500, 20_000, 30
_CEILING_SECONDS, _CEILING_TIMES = 0.7, 3


class NotDelivered(Exception):
    """What was stored is not what was sent, so no speed means anything."""


@dataclass(frozen=True)
class Round:
    """What one round of one variant measured."""

    per_second: float
    cpu_ms: float  # of the server, a request
    p50_ms: float
    p99_ms: float
    memory_mb: float


@dataclass(frozen=True)
class Site:
    """Where rounds take place: what is sent is in files, by the size of its requests."""

    native: Native
    fake: FakeCloud
    batches: Mapping[int, Sequence[Sequence[bytes]]]
    files: Mapping[int, Path]
    prefix: Sequence[str]  # pins the load generator


def prepare(native: Native, fake: FakeCloud, folder: Path, prefix: Sequence[str]) -> Site:
    """Write the requests of all sizes into the folder."""
    batches = {size: make_batches(size, _REQUESTS[size]) for size in SIZES}
    files = {size: folder / f"requests-{size}" for size in SIZES}
    for size, file in files.items():
        posts = (post_events(batch, number) for number, batch in enumerate(batches[size]))
        file.write_bytes(requests_file(posts))
    return Site(native, fake, batches, files, prefix)


def measure_ceiling(site: Site, folder: Path) -> float:
    """Return how many objects a second the fake takes, which nothing measured here can exceed."""
    file = folder / "ceiling"
    content = b"x" * _CEILING_BYTES
    file.write_bytes(requests_file(put_object(n, content) for n in range(_CEILING_REQUESTS)))
    best = 0.0
    for _ in range(_CEILING_TIMES):
        site.fake.reset()
        sending = send(
            site.native.load_generator,
            site.fake.port,
            file,
            connections=_CEILING_CLIENTS,
            count=_CEILING_REQUESTS,
            seconds=_CEILING_SECONDS,
            prefix=site.prefix,
        )
        best = max(best, sending.per_second)
    return best


def run_round(
    site: Site, subject: Subject, server: Server, condition: Condition, seconds: float
) -> Round:
    """Send for so many seconds; raises NotDelivered when an event is not stored as it was sent."""
    site.fake.reset(condition.delay_ms)
    used = cpu_seconds(server.pid)
    sending = send(
        site.native.load_generator,
        server.port,
        site.files[condition.events],
        connections=condition.clients,
        seconds=seconds,
        prefix=site.prefix,
    )
    used = cpu_seconds(server.pid) - used
    _check(site, subject, condition, sending)
    return Round(
        per_second=sending.per_second,
        cpu_ms=used * 1000 / sending.answered,
        p50_ms=sending.p50_ms,
        p99_ms=sending.p99_ms,
        memory_mb=memory_mb(server.pid),
    )


def _check(site: Site, subject: Subject, condition: Condition, sending: Sending) -> None:
    where = f"{subject.name}, {condition}"
    if sending.errors or not sending.answered:
        raise NotDelivered(f"{where}: {sending.refused} refused, {sending.lost} without answer")
    if subject is NOOP:
        return
    sent = times_sent(site.batches[condition.events], sending.sent)
    delivery = verify(sent, (stored.content for stored in site.fake.stored()))
    if not delivery.is_whole:
        raise NotDelivered(f"{where}: {delivery}")
