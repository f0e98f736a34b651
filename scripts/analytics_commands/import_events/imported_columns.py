"""Pure: the columns to read from events, given as `name:TYPE,name:TYPE`."""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analytics_pipeline import object_names
from analytics_pipeline.schemas import SCHEMAS

HIVE_COLUMNS = tuple(re.findall(r"{(\w+):", object_names.HIVE_PREFIX))
_SCHEMA = SCHEMAS / "events_gcs.json"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}", re.ASCII)
_TYPES = (
    *("STRING", "INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "DATE", "JSON"),
    *("BYTES", "DATETIME", "TIME", "NUMERIC", "BIGNUMERIC", "GEOGRAPHY"),
)
_OTHER_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


@dataclass(frozen=True)
class Column:
    """A field of the events, and the type that BigQuery gives it."""

    name: str
    type: str
    description: str = ""


Columns = tuple[Column, ...]


def default_columns() -> Columns:
    """Return the columns of the external table `events_gcs`, less those of the object's name."""
    fields = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return tuple(Column(each["name"], each["type"], each["description"]) for each in fields)


def parse_columns(text: str) -> Columns:
    """Return the columns that the text names; raises argparse.ArgumentTypeError, naming the part.

    Names may differ in more than case only; types are those of BigQuery, in any case.
    """
    columns = tuple(map(_parse_column, text.split(",")))
    seen: set[str] = set()
    for column in columns:
        if column.name.casefold() in seen:
            raise argparse.ArgumentTypeError(f"{column.name!r} is there twice")
        seen.add(column.name.casefold())
    return columns


def format_columns(columns: Sequence[Column]) -> str:
    """Return the text that `parse_columns` reads, and `bq` as well."""
    return ",".join(f"{column.name}:{column.type}" for column in columns)


def _parse_column(part: str) -> Column:
    name, colon, kind = (word.strip() for word in part.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"{part!r} is not name:TYPE, such as eventType:STRING"
            " (names: letters, digits and _, no digit first)"
        )
    kind = _OTHER_NAMES.get(kind.upper(), kind.upper())
    if kind not in _TYPES:
        raise argparse.ArgumentTypeError(f"{part!r} has no type of a column: {', '.join(_TYPES)}")
    return Column(name, kind)
