"""Records as CSV (RFC 4180, lines end with a newline): a header, then a line for each."""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TextIO


def write_csv(records: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write records that have the same columns; NULL is empty, JSON and arrays are JSON text."""
    writer = None
    for record in records:
        if writer is None:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(record)
        writer.writerow(map(_as_field, record.values()))
    file.flush()


def _as_field(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bool() | dict() | list():
            return json.dumps(value, default=_as_field, ensure_ascii=False)
        case _:
            return str(value)
