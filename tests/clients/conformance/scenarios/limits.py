"""A full disk's worth of events, and events that are too large."""

from conformance.broken import Broken
from conformance.driver import Refusal


def _fill(world, **options):
    world.proxy.offline()
    world.open(max_bytes=20_000, **options)
    for _ in range(10):
        world.track(20, pad=100)
    if not world.dropped:
        raise Broken("200 events of 100 and more bytes are all kept in an outbox of 20,000 bytes")


def _check_sum(world):
    """Check that what arrived and what is told to be dropped is all that was tracked."""
    rows = world.check()
    told = sum(row.dropped for row in rows if row.event_type == "client_dropped")
    arrived = sum(row.n is not None for row in rows)
    if told != world.dropped or arrived + told != world.tracked:
        raise Broken(
            f"{world.tracked} events were tracked and {arrived} arrived, of {world.dropped} dropped"
            f" ones client_dropped tells {told}: nobody knows of the others"
        )


def play_outbox_full(world):
    """Beyond the limit new events are dropped, and an event says how many [L1][L2]."""
    _fill(world)
    world.proxy.online()
    world.flush()
    world.track(5)
    world.flush()
    _check_sum(world)


def play_outbox_full_then_kill(world):
    """What was dropped is counted on the disk, and told once, after a kill, too [L2]."""
    _fill(world)
    world.kill()
    world.open(max_bytes=20_000)
    world.proxy.online()
    world.flush()
    world.track(5)
    world.flush()
    world.kill()
    world.open(max_bytes=20_000)
    world.track(5)
    world.flush()
    _check_sum(world)


def play_event_too_large(world):
    """An event that is larger than 256 KB is an error that is told; the others go on [E5]."""
    world.open()
    world.track(5)
    world.begin_track(pad=300_000)
    try:
        told = world.end_track()
    except Refusal as refusal:
        told = str(refusal)
    if not isinstance(told, str):
        raise Broken(f"an event of 300,000 bytes is answered {told}, not an error")
    world.track(5)
    world.flush()
    world.check()
