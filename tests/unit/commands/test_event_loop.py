"""Ctrl-C and an event loop."""

import asyncio
import signal

import pytest

from analytics_commands.foundation.event_loop import run_in_loop

pytestmark = pytest.mark.filterwarnings("error")


def test_interrupted_before_it_runs():
    """An interrupt waits until the loop is whole, and nothing runs in it."""
    steps = []

    def loop_factory():
        signal.raise_signal(signal.SIGINT)
        steps.append("made")
        return asyncio.new_event_loop()

    async def main():
        steps.append("begun")

    with pytest.raises(KeyboardInterrupt):
        run_in_loop(main, loop_factory)

    assert ["made"] == steps


def test_interrupted_while_it_runs():
    """An interrupt ends what runs, which can tidy up; after it, they are as they were."""
    usual, steps = signal.getsignal(signal.SIGINT), []

    async def main():
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("tidied")

    with pytest.raises(KeyboardInterrupt):
        run_in_loop(main)

    assert ["tidied"] == steps
    assert usual == signal.getsignal(signal.SIGINT)


def test_cancelled():
    """What was cancelled without an interrupt says so."""

    async def main():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_in_loop(main)
