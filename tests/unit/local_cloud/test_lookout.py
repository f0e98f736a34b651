"""Whoever waits for what becomes of events is woken by news, and by nothing else."""

import asyncio
import time

import pytest

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.exchanges import Exchange, Journal
from analytics_local_cloud.journal.traces import Traces
from analytics_local_cloud.local_api.lookout import Lookout, met, missed

NEVER = 3600.0


class World:
    """A journal, and who waits for what is refused."""

    def __init__(self):
        self.journal = Journal()
        traces = Traces(self.journal)
        self.lookout = Lookout(Inside({}, None, None, FaultBoard(), traces, int))
        self.looks = 0
        self.traces = traces

    def happen(self):
        """Let a request be refused."""
        now = time.time()
        self.journal.add(Exchange("gateway", "POST", "/v1/event", "", {}, now, now, 400))

    async def look(self, wanted):
        """Look whether so many were refused; without news, look again in an hour."""
        self.looks += 1
        found = len(list(self.traces.newest_first()))
        return met(dict) if found >= wanted else missed(dict, pause=NEVER)


@pytest.fixture(name="world")
def _world():
    return World()


async def wait(world, wanted):
    """Wait for so many, as long as it takes."""
    return await world.lookout.until(lambda: world.look(wanted), NEVER)


async def test_news(world):
    """Everybody who waits looks again as soon as there is news, until it is what they wait for."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        waiting = [group.create_task(wait(world, wanted)) for wanted in (1, 2)]
        await asyncio.sleep(0)
        world.happen()
        assert (await waiting[0]).is_met
        assert not waiting[1].done()
        world.happen()
    assert waiting[1].result().is_met


async def test_no_news(world):
    """Nobody looks again without news."""
    task = asyncio.create_task(wait(world, 1))
    for _ in range(100):
        await asyncio.sleep(0)
    assert 1 == world.looks

    world.happen()
    async with asyncio.timeout(60):
        await task
    assert 2 == world.looks


async def test_time_is_up(world):
    """Without time to wait there is one look."""
    finding = await world.lookout.until(lambda: world.look(1), 0.0)

    assert (False, 1) == (finding.is_met, world.looks)


async def test_news_while_looking(world):
    """What happens while somebody looks is seen."""

    async def look():
        finding = await world.look(1)
        if world.looks == 1:
            world.happen()
        return finding

    async with asyncio.timeout(60):
        assert (await world.lookout.until(look, NEVER)).is_met


async def test_final(world):
    """What no news can change is told at once."""

    async def look():
        return missed(dict, is_final=True)

    async with asyncio.timeout(60):
        assert not (await world.lookout.until(look, NEVER)).is_met
