"""What a person sees on stderr while batches are sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analytics_commands.scale_test.load.tally import Tally

_TICK_SECONDS = 0.2
_COLUMNS = (
    TextColumn("sending"),
    BarColumn(bar_width=16),  # so that all of it fits 80 columns
    MofNCompleteColumn(),
    TextColumn("{task.fields[rate]:,.0f} batches/s"),
    TextColumn("{task.fields[failed]:,} failed"),
    TimeRemainingColumn(),
)


@asynccontextmanager
async def shown_progress(tally: Tally, batches: int, console: Console) -> AsyncIterator[None]:
    """Show how far sending is while the context lasts; nothing where nobody looks."""
    with Progress(*_COLUMNS, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("sending", total=batches, rate=0.0, failed=0)

        def refresh() -> None:
            progress.update(
                task,
                completed=tally.done,
                rate=tally.batches_per_second,
                failed=tally.failures.total(),
            )

        async def keep_refreshing() -> None:
            while True:
                refresh()
                await asyncio.sleep(_TICK_SECONDS)

        ticking = asyncio.create_task(keep_refreshing())
        try:
            yield
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            refresh()
