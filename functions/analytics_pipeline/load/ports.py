"""What `load` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

import msgspec

from analytics_pipeline.object_names import ObjectRef


class InsertRow(msgspec.Struct, frozen=True):
    """A row as a request to insert it carries it: its id, and its JSON in UTF-8."""

    insert_id: str
    json: bytes


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

    def read(self, ref: ObjectRef, max_bytes: int) -> bytes:
        """Return the bytes as they are stored, at exactly that generation.

        Raises ObjectGone, PermanentLoadError for more than `max_bytes`, or TransientError.
        """


class RowSink(Protocol):
    """Where rows and dead letters are inserted; blocking.

    Both return what was not inserted, and raise RequestRejected for the request as a whole,
    TransientError on any other failure.
    """

    def insert_rows(self, rows: Sequence[InsertRow]) -> list[RowRefusal]:
        """Insert into `events_function`."""

    def insert_dead_letters(self, letters: Sequence[InsertRow]) -> list[RowRefusal]:
        """Append to `dead_letters`."""


class RowBulk(Protocol):
    """Where rows are loaded by load jobs; blocking."""

    def load_rows(self, rows: IO[bytes], job_id: str, seen_at: datetime | None) -> None:
        """Load all rows of the file, one JSON object a line, or none; once for the `job_id`.

        They were seen to be missing at `seen_at`: an earlier job of the id does not count when
        it had ended by then. Raises RequestRejected for a row that BigQuery refuses, or
        TransientError.
        """
