"""What `reconcile` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from analytics_pipeline.errors import PipelineError
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.stored_objects import Selection, StoredObject


class OutOfTime(PipelineError):
    """The time that was given is used up before the end."""


@dataclass(frozen=True, slots=True)
class Unloaded:
    """An object that was accepted, and has no receipt of having been loaded.

    `oldest` is when the oldest of all such was received.
    """

    gcs_uri: str
    event_count: int
    received: datetime
    oldest: datetime


class RepeatSweeper(Protocol):
    """What removes events that are shown on several days; blocking."""

    def remove(self, selection: Selection) -> int:
        """Remove the later copies of events received in that time; returns how many.

        Raises TransientError.
        """


class ReceiptReader(Protocol):
    """Where the functions' receipts are read; blocking. Both raise TransientError."""

    def unloaded(self, selection: Selection) -> Iterator[Unloaded]:
        """Yield the objects accepted in that time without a receipt, what failed before last."""

    def settled(self, objects: Sequence[Unloaded]) -> set[str]:
        """Return the URIs of those of which BigQuery holds every event nevertheless."""


class BucketCheck(Protocol):
    """What looks at the bucket itself; blocking."""

    def lacking(
        self, night: date, selection: Selection, is_over: Callable[[], bool]
    ) -> Iterator[ObjectRef]:
        """Yield the objects received in that time that lack rows, whoever wrote them.

        What was listed earlier in the same night is not listed again. Raises OutOfTime or
        TransientError, after what was found before.
        """


class ObjectFinder(Protocol):
    """Where an object is looked up; blocking."""

    def find(self, ref: ObjectRef) -> StoredObject | None:
        """Return the object at that generation (empty: as it is); raises TransientError.

        None is returned for one that is gone, or not to be loaded (any more).
        """


@dataclass(frozen=True, slots=True)
class Stretch:
    """The names from `start` up to, and without, `end` (UTF-8 order); `label` tells it apart."""

    label: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a stretch: its objects that `load` would load; pages are counted from 1.

    A page that could not be listed says why in `failure`: its stretch has no further ones.
    """

    stretch: Stretch
    number: int
    objects: Sequence[StoredObject]
    is_last: bool = False
    failure: str = ""


class StretchLister(Protocol):
    """Where many stretches of names are listed side by side; blocking."""

    def environments(self, is_over: Callable[[], bool]) -> list[str]:
        """Return the environments that have objects; raises OutOfTime or TransientError."""

    def pages(
        self, stretches: Sequence[Stretch], most_pages: int, is_over: Callable[[], bool]
    ) -> Iterator[ListedPage]:
        """Yield the pages of each stretch in order, those of several as they come.

        No more than `most_pages` of one are listed; none is begun when it `is_over`.
        """


class ListingStore(Protocol):
    """Where it is kept what a night listed, beside the rows; blocking. All raise TransientError."""

    def reached(self, night: date) -> dict[str, str | None]:
        """Return how far stretches were listed that night: the last name kept, by their labels.

        None stands for one that was listed to its end.
        """

    def save(self, night: date, pages: Iterator[ListedPage]) -> None:
        """Keep the pages, and which of them are the last of their stretches."""

    def lacking(self, night: date, selection: Selection) -> Iterator[ObjectRef]:
        """Yield what was listed that night and lacks rows, what failed to be loaded last.

        Its objects were received in that time. Raises OutOfTime where there are more.
        """
