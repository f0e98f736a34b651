"""A long bad time: kill -9 at any moment, faults at any request, an hour without a network."""

import os
import random
import subprocess
import sys
import time

from conformance.broken import Broken
from conformance.scenarios.bad_weather import FAULTS
from conformance.weather import Slow

_HOUR = 3600.0
_LONGEST_LIFE_SECONDS = 0.3  # from the last command to the kill


class Storm:
    """A rule: a third of all requests meet some fault; the same seed, the same faults."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._faults = [each for each in FAULTS.values() if not isinstance(each, Slow)]

    def __call__(self, _):
        return self._random.choice(self._faults) if self._random.random() < 1 / 3 else None


def live_through_kills(world, kills, events, seed, tell=lambda _: None):
    """Kill a client so often while it tracks so many events, then see what came of them.

    In the middle third there is no network, and that takes an hour by the client's clock.
    `tell` is told how many kills there were.
    """
    chance = random.Random(seed)
    world.proxy.rule = Storm(seed)
    left = events
    for life in range(kills):
        is_over = life >= 2 * kills // 3
        if life == kills // 3:
            world.proxy.offline()
        elif is_over:
            world.proxy.online()
        world.open(session_timeout=chance.choice([0, 1800]))
        world.set_clock(0.0 if is_over else -_HOUR)
        share = round(left / (kills - life))
        _live(world, share, chance)
        left -= share
        tell(life + 1)
    world.proxy.rule = None
    world.proxy.online()
    world.open()
    world.flush()
    world.check()
    check_audit(world)


def _live(world, events, chance):
    """Track events in one life, and end it at any moment."""
    while events:
        count = chance.randint(1, events)
        events -= count
        world.begin_track(count, pad=chance.choice([0, 0, 50, 500]))
        if events:
            world.end_track()
    if chance.random() < 1 / 2:
        world.driver.begin("flush", timeout=60)
    time.sleep(chance.uniform(0, _LONGEST_LIFE_SECONDS))
    world.kill()


def check_audit(world):
    """Check that the pipeline's own audit finds nothing, neither its loss nor the client's."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "analytics_commands", "audit", "--strict"),
            *("--settle", "0m", "--environment", world.environment),
        ],
        env={**os.environ, **world.variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise Broken(f"the audit is not clean:\n{done.stdout}{done.stderr}")
