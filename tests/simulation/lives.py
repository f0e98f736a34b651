"""A world lived to its end, and what came of it: by itself, so that another process finds it."""

from collections import Counter
from dataclasses import dataclass

from simulation.wiring import stood_in_for
from simulation.world import World


@dataclass(frozen=True)
class Lived:
    """What came of one world."""

    seed: int
    problems: list
    digest: str
    days: float
    batches: int
    events: int
    calls: int
    kills: Counter
    kills_at: Counter
    faults: Counter


def live(arguments):
    """Live one world to its end."""
    seed, days, without = arguments
    with stood_in_for():
        world = World(seed, days, without=without)
        problems = world.live()
    batches = [batch for client in world.clients for batch in client.batches]
    return Lived(
        seed,
        problems,
        world.digest(),
        world.clockwork.loop.time() / 86400,
        len(batches),
        sum(len(batch.tags) for batch in batches),
        world.calls,
        world.kills,
        world.kills_at,
        world.faults.counted,
    )
