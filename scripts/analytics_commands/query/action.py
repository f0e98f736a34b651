"""The query as a whole: ask BigQuery, and print or draw what it answers."""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.query.answers import print_rows
from analytics_commands.query.charts.chart import chart_of
from analytics_commands.query.charts.chart_text import draw
from analytics_commands.query.query_parameters import Parameters
from analytics_commands.query.saved_queries import SavedQuery

# Whether a statement returns rows: what comes first after spaces, comments and parentheses.
RETURNS_ROWS = re.compile(
    r"(?>(?:\s|\(|(?:--|#).*|/\*(?s:.*?)\*/)*)(?:SELECT|WITH|FROM)\b", re.IGNORECASE
)


def query(arguments: argparse.Namespace, chosen: SavedQuery | None, parameters: Parameters) -> None:
    """Ask and show; raises TransientError with BigQuery's own words, or CommandFailed."""
    sql: str = arguments.sql if chosen is None else chosen.sql
    sql = sys.stdin.read() if sql == "-" else sql
    rows = read_target(arguments).warehouse.query(sql, **parameters.values())
    with progress_console().status("waiting for BigQuery"):
        first = list(islice(rows, 1))
    records = chain(first, rows)
    if arguments.chart is None:
        empty = "no rows" if RETURNS_ROWS.match(sql) else "done"
        print_rows(records, as_json=arguments.json, as_csv=arguments.csv, empty=empty)
    elif arguments.chart == Path("-"):
        _draw_in_terminal(records)
    else:
        title = chosen.name if chosen else "Query"
        comment = (chosen.description if chosen else sql) + "\n" + parameters.as_comments(sql)
        _write_page(arguments.chart, records, title, comment)


def _draw_in_terminal(records: Iterable[Mapping[str, Any]]) -> None:
    known = list(records)
    lines = draw(chart_of(known), sys.stdout.encoding) if known else ["no rows"]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _write_page(file: Path, records: Iterable[Mapping[str, Any]], title: str, comment: str) -> None:
    from analytics_commands.query.charts.chart_page import render_page  # noqa: PLC0415 - pygal is slow

    known = list(records)
    page = render_page(title, comment, known, chart_of(known) if known else None)
    try:
        file.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as exc:
        raise CommandFailed(f"{file} cannot be written: {exc.strerror}") from exc
    progress_console().print(f"{file}: a picture of {counted(len(known), 'row')}", markup=False)
