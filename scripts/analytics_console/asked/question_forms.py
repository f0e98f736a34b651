"""Pure: what a link asks: a saved query or somebody's own SQL, with the parameters it takes."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics_commands.query.query_parameters import (
    EVENT,
    RECEIVED,
    Parameters,
    parameters_of,
    read_steps,
)
from analytics_commands.query.saved_queries import read_saved_queries, suggest
from analytics_console.refused import Refused

MOST_ROWS = 10_000
_MOST_DAYS = 36_500
_LONGEST_SQL = 50_000
_TYPES = {"since": "DATE", "environment": "STRING", "row_limit": "INT64", "by": "STRING"}


@dataclass(frozen=True)
class Question:
    """`name` is that of a saved query, "" for SQL of somebody's own; `takes` its parameters."""

    name: str
    description: str
    sql: str
    parameters: Parameters

    @property
    def takes(self) -> set[str]:
        """The names after every @ of the SQL."""
        return parameters_of(self.sql)

    @property
    def lacks_steps(self) -> bool:
        """Whether it cannot be asked before somebody says the steps of a funnel."""
        return "steps" in self.takes and not self.parameters.steps

    def rest_parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return the `QueryParameter`s of the REST API."""
        values = self.parameters.values()
        return [_rest(name, values[name]) for name in values if name in self.takes]


def read_question(query: Mapping[str, str]) -> Question | None:
    """Return what the parameters of a link ask for, None for nothing; raises Refused."""
    name, sql = query.get("saved", ""), query.get("sql", "")
    if name and sql:
        raise Refused("a link asks for a saved query, or for SQL of its own")
    if name:
        known = read_saved_queries()
        if name not in known:
            close = " or ".join(suggest(name, known))
            raise Refused(f"there is no saved query {name!r}; {_hint(close)}")
        return Question(name, known[name].description, known[name].sql, _parameters(query))
    if len(sql) > _LONGEST_SQL:
        raise Refused(f"SQL of {len(sql):,} characters is longer than {_LONGEST_SQL:,}")
    return Question("", "", sql, _parameters(query)) if sql.strip() else None


def _hint(close: str) -> str:
    return f"did you mean {close}?" if close else "the list has all there are"


def _parameters(query: Mapping[str, str]) -> Parameters:
    by = query.get("by") or RECEIVED
    if by not in {EVENT, RECEIVED}:
        raise Refused(f"by: {by!r} is neither {EVENT} nor {RECEIVED}")
    try:
        steps = read_steps(query["steps"]) if query.get("steps") else ()
    except argparse.ArgumentTypeError as exc:
        raise Refused(f"steps: {exc}") from exc
    days = read_number(query, "days", 7, 0, _MOST_DAYS)
    return Parameters(
        datetime.now(UTC).date() - timedelta(days=days),
        query.get("environment") or None,
        read_number(query, "limit", 100, 1, MOST_ROWS),
        by,
        steps,
    )


def read_number(query: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    """Return a number that a link may say; raises Refused."""
    text = query.get(name) or str(usual)
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        raise Refused(f"{name}: {text!r} is not a number from {least} to {most}")
    return int(text)


def _rest(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, list):
        kind = {"type": "ARRAY", "arrayType": {"type": "STRING"}}
        values = [{"value": each} for each in value]
        return {"name": name, "parameterType": kind, "parameterValue": {"arrayValues": values}}
    text = None if value is None else str(value)
    kind = {"type": _TYPES[name]}
    return {"name": name, "parameterType": kind, "parameterValue": {"value": text}}
