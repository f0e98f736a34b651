"""memory_budget: what runs at once in an instance shares its memory."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.memory_budget import MemoryBudget


def test_waits_for_room():
    """Whoever finds no room waits until somebody gives back."""
    budget, entered = MemoryBudget(100), Event()

    def hold():
        with budget.hold(60):
            entered.set()

    with ThreadPoolExecutor(1) as pool:
        with budget.hold(60):
            waiting = pool.submit(hold)
            assert not entered.wait(0.05)
        waiting.result(timeout=60)


def test_gives_up():
    """Who waits too long is a reason to come back; what it did not get is not given back."""
    budget = MemoryBudget(100, patience_seconds=0.01)
    with budget.hold(60):
        with pytest.raises(TransientError), budget.hold(60):
            pytest.fail("there was no room")
        with budget.hold(40):
            pass


def test_larger_than_all():
    """What is larger than the budget goes alone."""
    budget = MemoryBudget(100, patience_seconds=0.01)
    with budget.hold(1000), pytest.raises(TransientError), budget.hold(1):
        pytest.fail("there was no room")
    with budget.hold(100):
        pass


def test_gives_back_after_a_failure():
    """Room is given back however the work ends."""
    budget = MemoryBudget(100, patience_seconds=0.01)
    with pytest.raises(ValueError), budget.hold(100):
        raise ValueError
    with budget.hold(100):
        pass
