"""Progress on stderr, so that stdout holds data only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def progress_console() -> Console:
    """Return where progress goes: stderr, so that stdout holds data only."""
    return Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def shown_progress(title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show how many are done while the context lasts; yields what counts one more.

    Nothing is shown where nobody looks. Without a total the bar says only that work goes on.
    """
    console = progress_console()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),  # data for a file does not pass through stderr
    ) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
