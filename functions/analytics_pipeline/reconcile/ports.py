"""What `reconcile` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import IO, Protocol

from analytics_pipeline.load.rows import Row
from analytics_pipeline.stored_objects import Day, Selection, StoredObject


@dataclass(frozen=True, slots=True)
class Entry:
    """What BigQuery holds of one object, in events.

    `loaded` have a row, `dead_lettered` have letters only, and `whole` is what a letter of the
    whole object stands for (0: there is none). `copies` counts all rows; `shown` those that the
    view `events` would show were there no other object, `in_view` those it does show.
    """

    gcs_uri: str
    analytics_environment: str
    event_category: str
    event_ds: date | None  # None: the name holds no date
    received: datetime
    loaded: int
    dead_lettered: int
    whole: int
    copies: int
    shown: int
    in_view: int

    def missing_of(self, event_count: int | None) -> int:
        """Return how many of the object's events are neither loaded nor dead-lettered.

        Of an object that does not say how many it has, all are there if any are.
        """
        if event_count is None or self.whole:
            return 0
        return max(0, event_count - self.loaded - self.dead_lettered)


class RowBulk(Protocol):
    """Where many rows are loaded at once; blocking."""

    def encode(self, row: Row) -> bytes:
        """Return the row as a line of the file that is loaded."""

    def load_rows(self, rows: IO[bytes], job_id: str, seen_at: datetime) -> None:
        """Load all rows of the file or none, once for the `job_id`.

        They were seen to be missing at `seen_at`: an earlier job of the id does not count when
        it had ended by then. Raises RequestRejected for a row that BigQuery refuses,
        PermanentLoadError when loading them more often cannot help, or TransientError.
        """


class ObjectLister(Protocol):
    """Where objects are listed; blocking. Both raise TransientError."""

    def days(
        self, data_type: str, analytics_environment: str | None, event_category: str | None
    ) -> Sequence[Day]:
        """Return every day that has objects, newest first; None stands for any."""

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose names begin with `prefix`, by name (UTF-8 order)."""


class LedgerReader(Protocol):
    """Where it is counted what BigQuery holds; blocking."""

    def entries(
        self, selection: Selection, event_ds: str | None, *, slack: timedelta
    ) -> Generator[Entry]:
        """Yield an entry for every object of which there is anything, by URI (UTF-8 order).

        Rows of the time selected, widened by `slack`, count. Raises TransientError.
        """
