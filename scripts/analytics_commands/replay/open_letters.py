"""The dead letters that are open, by the object that they are about."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from analytics_pipeline.load.dead_letters import WHOLE_OBJECT, DeadLetter
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import ObjectRef, parse_uri
from analytics_pipeline.stored_objects import Selection

_SQL = """
SELECT *
FROM open_dead_letters
WHERE dead_lettered_timestamp >= @since AND dead_lettered_timestamp < @until
  AND analytics_environment = COALESCE(@environment, analytics_environment)
  AND event_category = COALESCE(@category, event_category)
  AND reason = COALESCE(@reason, reason)
ORDER BY gcs_uri, generation, line
"""


@dataclass(frozen=True, slots=True)
class LettersOfObject:
    """The open letters about one object, at one generation."""

    ref: ObjectRef
    letters: tuple[DeadLetter, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the object could not be read at all."""
        return any(letter.line == WHOLE_OBJECT for letter in self.letters)

    @property
    def lines(self) -> frozenset[int]:
        """The lines, from 1, that could not become rows."""
        return frozenset(letter.line for letter in self.letters)


def read_open_letters(
    warehouse: Warehouse, selection: Selection, reason: str | None
) -> Iterator[LettersOfObject]:
    """Yield the letters that were written in the time selected; raises TransientError."""
    rows = warehouse.query(
        _SQL,
        since=selection.since,
        until=selection.until,
        environment=selection.analytics_environment,
        category=selection.event_category,
        reason=reason,
    )
    for (uri, generation), group in groupby(map(_letter, rows), _object_of):
        yield LettersOfObject(ObjectRef(*parse_uri(uri), generation), tuple(group))


def _letter(row: Any) -> DeadLetter:  # noqa: ANN401 - a row of BigQuery
    known = {name: value for name, value in row.items() if value is not None}
    event_ds = row["event_ds"]
    return msgspec.convert({**known, "event_ds": event_ds and event_ds.isoformat()}, DeadLetter)


def _object_of(letter: DeadLetter) -> tuple[str, str]:
    return letter.gcs_uri, letter.generation
