"""Pure: what a query may be asked for; saved queries take some of these named parameters."""

import argparse
import json
import re
from dataclasses import dataclass
from datetime import date

EVENT, RECEIVED = "event", "received"
_MAX_STEPS = 26  # of a funnel: its query has a letter for each


@dataclass(frozen=True)
class Parameters:
    """The first day, an environment or any (None), and the most rows; `by` is EVENT or RECEIVED.

    `by` says which day of an event counts; `steps` are the event types of a funnel.
    """

    since: date
    environment: str | None
    row_limit: int
    by: str = RECEIVED
    steps: tuple[str, ...] = ()

    def values(self) -> dict[str, date | str | int | list[str] | None]:
        """Return the values by name."""
        return {
            "since": self.since,
            "environment": self.environment,
            "row_limit": self.row_limit,
            "by": self.by,
            "steps": list(self.steps),
        }

    def as_comments(self, sql: str) -> str:
        """Return lines of SQL comments: each parameter of the SQL, and its value as a literal."""
        literals = {
            "since": f"DATE '{self.since.isoformat()}'",
            "environment": "NULL" if self.environment is None else _literal(self.environment),
            "row_limit": str(self.row_limit),
            "by": _literal(self.by),
            "steps": f"[{', '.join(map(_literal, self.steps))}]",
        }
        used = parameters_of(sql)
        return "".join(f"-- @{name} = {text}\n" for name, text in literals.items() if name in used)


def parameters_of(sql: str) -> set[str]:
    """Return the names after every @ of the SQL."""
    return set(re.findall(r"@(\w+)", sql))


def read_steps(text: str) -> tuple[str, ...]:
    """Return the event types of `start,level_up,purchase`; raises argparse.ArgumentTypeError."""
    steps = tuple(step.strip() for step in text.split(","))
    if not all(steps):
        raise argparse.ArgumentTypeError(f"{text!r} is not event types such as start,level_up")
    if len(steps) > _MAX_STEPS:
        raise argparse.ArgumentTypeError(f"{len(steps)} steps are more than {_MAX_STEPS}")
    return steps


def _literal(text: str) -> str:
    """Return the text in quotes, on one line: GoogleSQL has the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False)
