"""Data on stdout: a table for people, or a JSON object a line for machines."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table


def data_console() -> Console:
    """Return where data for people goes: stdout, coloured only on a terminal."""
    return Console(highlight=False, soft_wrap=True)


def print_json(record: Mapping[str, Any]) -> None:
    """Print one line of JSON; times are ISO 8601."""
    sys.stdout.write(json.dumps(record, default=_as_text, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_records(records: Iterable[Mapping[str, Any]], *, as_json: bool, title: str = "") -> None:
    """Print records that have the same columns, as a table or as JSON lines."""
    if as_json:
        for record in records:
            print_json(record)
        return
    table: Table | None = None
    for record in records:
        if table is None:
            table = Table(*record, title=title or None, title_justify="left")
        table.add_row(*(_as_cell(value) for value in record.values()))
    data_console().print(table or "no rows", markup=False)


def _as_cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _as_text(value)


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
