"""Rows on stdout, in the form that is asked for."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.query.delimited import write_csv


def print_rows(
    records: Iterable[Mapping[str, Any]], *, as_json: bool, as_csv: bool, empty: str = "no rows"
) -> None:
    """Print records that have the same columns: as JSON lines, as CSV, else as a table.

    `empty` is what people read where there are none.
    """
    if as_csv:
        write_csv(records, sys.stdout)
    else:
        print_records(records, as_json=as_json, empty=empty)
