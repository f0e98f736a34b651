"""Pure: rows as BigQuery takes them, in UTF-8; what is counted and bounded is what is sent."""

from collections.abc import Mapping

import msgspec

from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.ports import InsertRow
from analytics_pipeline.load.rows import JSON_COLUMNS, Row


def for_insert_all(row: Row) -> InsertRow:
    """Return the row as insertAll takes it: a JSON column is a string of JSON text."""
    values = dict(row.values)
    for column in JSON_COLUMNS:
        value = values.get(column)
        if isinstance(value, msgspec.Raw):
            values[column] = str(value, "utf-8")
    return InsertRow(row.insert_id, msgspec.json.encode(values))


def for_load_job(values: Mapping[str, object]) -> bytes:
    """Return the row as a line of a load job's file: a JSON column is the value itself."""
    return msgspec.json.encode(values) + b"\n"


def for_dead_letters(letter: DeadLetter) -> InsertRow:
    """Return the letter as insertAll takes it."""
    return InsertRow(letter.insert_id, msgspec.json.encode(letter))
