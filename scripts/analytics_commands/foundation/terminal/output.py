"""Data on stdout: a table for people, or a JSON object a line for machines."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

_NO_TERMINAL_WIDTH = 10_000  # nothing is cut or wrapped in a file


class _DataConsole(Console):
    def on_broken_pipe(self) -> None:
        """Let the command end as it does when it prints without rich."""
        raise BrokenPipeError


def data_console() -> Console:
    """Return where data for people goes: stdout, with colours and width of a terminal only."""
    console = _DataConsole(highlight=False)
    if not console.is_terminal:
        console.width = _NO_TERMINAL_WIDTH
    return console


def visible(text: str) -> str:
    """Return the text as it may be printed: what is no visible character as its escape.

    Texts of clients and names of files can hold what a terminal would obey.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def print_json(record: Mapping[str, Any]) -> None:
    """Print one line of JSON; times are ISO 8601."""
    line = json.dumps(record, default=_as_text, ensure_ascii=False)
    # A lone surrogate, which no encoding has, stays the escape that it is in JSON.
    sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")
    sys.stdout.flush()


def print_records(
    records: Iterable[Mapping[str, Any]], *, as_json: bool, title: str = "", empty: str = "no rows"
) -> None:
    """Print records that have the same columns, as a table or as JSON lines.

    `empty` is what people read where there are none.
    """
    if as_json:
        for record in records:
            print_json(record)
        return
    table: Table | None = None
    for record in records:
        if table is None:
            table = Table(title=title or None, title_justify="left")
            for name in record:
                table.add_column(name.replace("_", " "), overflow="fold")
        table.add_row(*(_as_cell(value) for value in record.values()))
    data_console().print(table or empty, markup=False)


def _as_cell(value: object) -> str:
    if value is None:
        return ""
    return visible(value if isinstance(value, str) else _as_text(value))


def _as_text(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, default=_as_text, ensure_ascii=False)
        case float():
            return f"{value:g}"
        case _:
            return str(value)
