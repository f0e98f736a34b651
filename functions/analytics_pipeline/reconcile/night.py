"""Use case: which objects of the bucket lack rows, whoever wrote them, for the last day.

What no log line knows is found here: objects of other writers, lost lines, rows that were deleted.
Each night the bucket is listed once. A run that is called again the same night goes on where the
last one stopped, and each night begins elsewhere, so that nobody's objects are in others' way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.reconcile.ports import (
    ListedPage,
    ListingStore,
    OutOfTime,
    Stretch,
    StretchLister,
)
from analytics_pipeline.reconcile.stretches import days_of, parts_of, whole_of
from analytics_pipeline.stored_objects import Selection

_PAGES_OF_A_WHOLE = 10  # an environment that has more is listed in parts, side by side
_PAGES_OF_A_PART = 10**9


class NightlyCheck:
    """Looks at the bucket itself (ports.BucketCheck)."""

    def __init__(self, lister: StretchLister, store: ListingStore) -> None:
        self._lister = lister
        self._store = store

    def lacking(
        self, night: date, selection: Selection, is_over: Callable[[], bool]
    ) -> Iterator[ObjectRef]:
        """Yield the objects received in that time that lack rows.

        No page is begun when it `is_over`; what was listed until then is compared nevertheless.
        What was listed earlier in the same night is not listed again. Raises OutOfTime where
        something is left to list, or TransientError where it could not be, after what was found.
        """
        look = _Look(selection)
        self._list(night, look, is_over)
        yield from self._store.lacking(night, selection)
        look.check_complete()

    def _list(self, night: date, look: "_Look", is_over: Callable[[], bool]) -> None:
        """List what is not listed yet: a bit of each environment, then the rest of large ones."""
        days = days_of(look.selection)
        reached = self._store.reached(night)

        def save(stretches: Sequence[Stretch], most_pages: int) -> None:
            due = _left_of(stretches, reached)
            due.sort(key=lambda each: sha256(f"{night}{each.label}".encode()).digest())
            look.due += len(due)
            pages = self._lister.pages(due, most_pages, is_over)
            self._store.save(night, look.take(pages, most_pages))

        environments = self._lister.environments(is_over)
        save([whole_of(each, days) for each in environments], _PAGES_OF_A_WHOLE)
        large = [
            part
            for label, name in look.cut_short
            for part in parts_of(label, days)
            if name < part.end
        ]
        save(large, _PAGES_OF_A_PART)


def _left_of(stretches: Sequence[Stretch], reached: Mapping[str, str | None]) -> list[Stretch]:
    """Return what of the stretches was not listed in an earlier call."""
    left = []
    for each in stretches:
        name = reached.get(each.label, each.start)
        if name is not None:
            left.append(replace(each, start=name))
    return left


class _Look:
    """One call's look at the bucket: what came of each stretch that was due."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.due = 0
        self.cut_short: list[tuple[str, str]] = []  # labels, and the last name that was seen
        self._ended = 0
        self._failures = 0

    def take(self, pages: Iterator[ListedPage], most_pages: int) -> Iterator[ListedPage]:
        """Yield of the pages what was received in the time selected; keep account of stretches."""
        for page in pages:
            if page.failure:
                self._failures += 1
                logs.write("reconcile_failed", prefix=page.stretch.label, error=page.failure)
                continue
            if page.is_last:
                self._ended += 1
            elif page.number == most_pages:
                self._ended += 1
                reached = page.objects[-1].ref.name if page.objects else ""
                self.cut_short.append((page.stretch.label, reached))
            objects = [
                each
                for each in page.objects
                if self.selection.includes(each.received) and not each.is_rewritten
            ]
            yield replace(page, objects=objects)

    def check_complete(self) -> None:
        """Raise OutOfTime or TransientError, unless all that was due was listed."""
        if self._failures:
            raise TransientError(f"{self._failures} listings failed")
        if left := self.due - self._ended:
            raise OutOfTime(f"{left} stretches are left to list")
