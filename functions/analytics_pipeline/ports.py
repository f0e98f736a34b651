"""What the use cases ask of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only one function needs is not imported into the other
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from typing import IO

    from analytics_pipeline.load.dead_letters import DeadLetter
    from analytics_pipeline.load.rows import Row
    from analytics_pipeline.object_names import ObjectRef
    from analytics_pipeline.stored_objects import Day, Selection, StoredObject


class Acknowledgement(enum.Enum):
    """What Cloud Storage's answer to a write proves."""

    VERIFIED = "the stored bytes have the MD5 of the bytes sent"
    UNVERIFIED = "the object is stored; its MD5 was not comparable"
    CORRUPT = "other bytes are stored than were sent"


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """BigQuery did not insert the row at `index` of a request.

    `is_permanent` is false for a row that was only held back by another one's refusal.
    """

    index: int
    is_permanent: bool
    detail: str


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


class BatchStore(Protocol):
    """Where batches are written."""

    async def write_once(
        self, name: str, content: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> Acknowledgement:
        """Create the object `name`, which must not exist.

        Raises NotStored when certainly nothing was stored, UnknownOutcome when nobody can tell.
        """


class UploadSigner(Protocol):
    """What signs upload URLs; blocking."""

    def sign_upload(self, name: str, headers: Mapping[str, str], valid_for: timedelta) -> str:
        """Return a URL that admits one PUT of `name` with exactly `headers`.

        Raises TransientError when no signature could be had.
        """


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
