"""An event loop that an interrupt finds either not begun or whole."""

import asyncio
import signal
from collections.abc import Callable, Coroutine


def run_in_loop(
    main: Callable[[], Coroutine[None, None, None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Run `main()` in a loop of its own; raises what it raises, and KeyboardInterrupt.

    Ctrl-C waits until `main()` runs, which it cancels: a loop that is half made, and a coroutine
    that nobody awaited, would tell of themselves on stderr.
    """
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    async def begun() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        await main()

    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(begun())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
