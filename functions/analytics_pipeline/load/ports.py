"""What `load` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.rows import Row
from analytics_pipeline.object_names import ObjectRef


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """BigQuery did not insert the row at `index` of a request.

    `is_permanent` is false for a row that was only held back by another one's refusal.
    """

    index: int
    is_permanent: bool
    detail: str


class ObjectReader(Protocol):
    """Where objects are read from; blocking."""

    def read(self, ref: ObjectRef) -> bytes:
        """Return the content at exactly that generation.

        Raises ObjectGone, PermanentLoadError when it can never be read, or TransientError.
        """


class RowSink(Protocol):
    """Where rows and dead letters are written; blocking."""

    def insert_rows(self, rows: Sequence[Row]) -> list[RowRefusal]:
        """Insert the rows and return those that were not inserted.

        Raises RequestRejected for the request as a whole, TransientError on any other failure.
        """

    def insert_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Append the letters, all of them, or raise TransientError."""
