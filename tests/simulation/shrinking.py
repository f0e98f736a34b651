"""How little of a failing world still fails: fewer days, clients, commands and faults."""

from dataclasses import dataclass, replace
from itertools import islice

from simulation.faults import PARTS

_FEWEST_DAYS = 0.5
_MOST_TRIES = 60


@dataclass(frozen=True)
class Smallest:
    """A world that fails, and what does not hold in it."""

    days: float
    without: frozenset
    problems: list


def shrink(seed, days, without, live):
    """Return the smallest world of the seed that `live` finds problems in, as far as was tried."""
    found = Smallest(days, without, live(seed, days, without))
    for change in islice(_changes(found), _MOST_TRIES):
        smaller = change(found)
        problems = live(seed, smaller.days, smaller.without)
        if problems:
            found = replace(smaller, problems=problems)
    return found


def _changes(found):
    """Yield what to try: each takes the smallest world so far, and returns a smaller one."""
    for part in PARTS:
        if part not in found.without:
            yield lambda world, part=part: replace(world, without=world.without | {part})
    days = found.days / 2
    while days >= _FEWEST_DAYS:
        yield lambda world, days=days: replace(world, days=days)
        days /= 2
