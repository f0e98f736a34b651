"""Data on stdout: a table for people, or a JSON object a line for machines."""

import json
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rich.console import Console

from analytics_commands.foundation.terminal.cells import as_text, visible
from analytics_commands.foundation.terminal.tables import lay_out

__all__ = ["data_console", "print_json", "print_records", "text_width", "visible"]

_NO_TERMINAL_WIDTH = 10_000  # nothing is cut or wrapped in a file


class _DataConsole(Console):
    def on_broken_pipe(self) -> None:
        """Let the command end as it does when it prints without rich."""
        raise BrokenPipeError


def data_console() -> Console:
    """Return where data for people goes: stdout, with colours and width of a terminal only."""
    console = _DataConsole(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _NO_TERMINAL_WIDTH
    return console


def text_width() -> int:
    """Return how many characters a line may have: the terminal's, or COLUMNS, or else 80."""
    return shutil.get_terminal_size().columns


def print_json(record: Mapping[str, Any]) -> None:
    """Print one line of JSON; times are ISO 8601."""
    line = json.dumps(record, default=as_text, ensure_ascii=False)
    # A lone surrogate, which no encoding has, stays the escape that it is in JSON.
    sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")
    sys.stdout.flush()


def print_records(
    records: Iterable[Mapping[str, Any]],
    *,
    as_json: bool,
    title: str = "",
    empty: str = "no rows",
    optional: Collection[str] = (),
    heading: str = "",
) -> None:
    """Print records that have the same columns, as JSON lines or so that they fit the terminal.

    `empty` is what people read where there are none. A table that is too wide does without the
    columns `optional` that say nothing, and has the column `heading` above its rows; see `lay_out`.
    What came before an error is printed.
    """
    if as_json:
        for record in records:
            print_json(record)
        return
    rows = []
    try:
        for record in records:
            rows.append(record)  # noqa: PERF402 - kept when the next one fails
    finally:
        if rows:
            _print_rows(rows, title, optional, heading)
    if not rows:
        print(empty)


def _print_rows(
    rows: list[Mapping[str, Any]], title: str, optional: Collection[str], heading: str
) -> None:
    lines = lay_out(
        rows,
        text_width(),
        optional=optional,
        heading=heading,
        encoding=sys.stdout.encoding or "utf-8",
    )
    print(*([title] if title else []), *lines, sep="\n")
