"""Records as CSV (RFC 4180, lines end with a newline): a header, then a line for each."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TextIO

# A spreadsheet takes it for a formula, which can send what it sees elsewhere; a number is harmless.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]+$)")


def write_csv(records: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write records that have the same columns; NULL is empty, JSON and arrays are JSON text.

    What a client wrote that would be a formula in a spreadsheet begins with an apostrophe.
    """
    is_first = True
    for record in records:
        if is_first:
            file.write(_line(record))
            is_first = False
        file.write(_line(map(_as_field, record.values())))
    file.flush()


def _line(fields: Iterable[str]) -> str:
    r"""Return a line; written for another end of line, a field with "\r" would not be quoted."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _as_field(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if _FORMULA.match(value) else value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bool() | dict() | list():
            return json.dumps(value, default=_as_field, ensure_ascii=False)
        case _:
            return str(value)
