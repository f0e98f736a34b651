"""Plays scenarios, several at a time: they mostly wait."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from conformance.client_world import World

AT_ONCE = 6


def play(scenario, command, variables, worlds=None):
    """Play one scenario in a world of its own, one of `worlds` then; raises what went wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="client-") as folder,
        World(command, variables, folder) as world,
    ):
        living = set() if worlds is None else worlds
        living.add(world)
        scenario(world)
        world.check_log()
        living.discard(world)


class Stage:
    """Plays what is asked for in the background, each once."""

    def __init__(self, variables, pool):
        self._variables = variables
        self._pool = pool
        self._played = {}
        self._worlds = set()

    def begin(self, scenario, command):
        """Have a scenario played some time; returns its future."""
        name = (scenario, tuple(command))
        if name not in self._played:
            self._played[name] = self._pool.submit(
                play, scenario, command, self._variables, self._worlds
            )
        return self._played[name]

    def end(self):
        """Play nothing more, and break off what is being played."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for world in list(self._worlds):
            world.end()
        self._pool.shutdown()


@contextmanager
def stage(variables):
    """Yield a stage on a pipeline; what it plays ends with it."""
    its = Stage(variables, ThreadPoolExecutor(AT_ONCE))
    try:
        yield its
    finally:
        its.end()
