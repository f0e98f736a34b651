"""Ctrl-C and an event loop."""

import asyncio
import signal

import pytest

from analytics_commands.foundation.event_loop import run_in_loop


@pytest.mark.filterwarnings("error")
def test_interrupted_before_it_runs():
    """An interrupt waits until the loop is whole and what runs in it has begun, which it ends."""
    steps = []

    def loop_factory():
        signal.raise_signal(signal.SIGINT)
        steps.append("made")
        return asyncio.new_event_loop()

    async def main():
        steps.append("begun")
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_in_loop(main, loop_factory)

    assert ["made", "begun"] == steps
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
