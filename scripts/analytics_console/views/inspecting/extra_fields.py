"""Pure: why what an event had is in `extra`, and in no column of its own."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from analytics_pipeline.schemas import SCHEMAS

_ADJUSTED = "_adjusted"
_SCHEMA = msgspec.json.decode((SCHEMAS / "events_function.json").read_bytes())
TYPES: Mapping[str, str] = {column["name"]: column["type"] for column in _SCHEMA}
_OWN = re.compile(r"^(session|event|build|player)_")  # columns that clients fill
_FROM_NAME = ("event_category", "event_ds", "event_time")  # of the object
_CLIENTS = tuple(name for name in TYPES if _OWN.match(name) and name not in _FROM_NAME)


def explain_extra(extra: object) -> Sequence[Mapping[str, Any]]:
    """Return each field of `extra`, its value, and why it has no column."""
    fields = extra if isinstance(extra, dict) else {}
    return [
        {"field": name, "value": value, "why": explain(name, fields)}
        for name, value in fields.items()
        if name != _ADJUSTED
    ]


def adjusted_paths(extra: object) -> Sequence[str]:
    """Return the paths whose JSON had to change: BigQuery cannot hold every number."""
    found = extra.get(_ADJUSTED) if isinstance(extra, dict) else None
    return [str(path) for path in found] if isinstance(found, list) else []


def explain(name: str, fields: Mapping[str, Any]) -> str:
    """Return why a field has no column; `fields` are all that have none."""
    column = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    is_spelled_well = name in {column, camel(column)}
    if is_spelled_well and column in _CLIENTS:
        if name == column and camel(column) not in fields:
            return f"{camel(column)} was taken, or the value does not fit {TYPES[column]}"
        return f"the value does not fit {TYPES[column]}"
    if is_spelled_well and column in TYPES:
        return f"the pipeline fills {column} itself"
    letters = {each.replace("_", ""): each for each in _CLIENTS}
    near = get_close_matches(re.sub(r"[^a-z0-9]", "", name.lower()), letters, 1, 0.85)
    if near:
        return f"no column of that name; is it {camel(letters[near[0]])}, misspelt?"
    return "no column of that name"


def camel(column: str) -> str:
    """Return a column's name as clients write it: eventType of event_type."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), column)
