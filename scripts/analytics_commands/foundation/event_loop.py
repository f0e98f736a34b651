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
    interrupts: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))

    async def begun() -> None:
        running = asyncio.create_task(main())

        def interrupt() -> None:
            interrupts.append(signal.SIGINT)
            running.cancel()

        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        if interrupts:
            running.cancel()
        await running

    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(begun())
    except asyncio.CancelledError:
        if interrupts:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, usual)
