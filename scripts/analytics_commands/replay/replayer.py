"""Lines that were dead-lettered become rows, if today's code and tables take them."""

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.replay.open_letters import LettersOfObject
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.contents import Content, Line, open_content
from analytics_pipeline.load.dead_letters import WHOLE_OBJECT, DeadLetter, letter_for_line
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.inserts import RowInserter, insert_letters
from analytics_pipeline.load.ports import ObjectReader, RowBulk, RowSink
from analytics_pipeline.load.row_reader import read_rows
from analytics_pipeline.load.rows import Reject


class Outcome(enum.Enum):
    """What has become of a letter."""

    REPLAYED = "replayed"
    OBJECT_GONE = "object gone"
    STILL_REFUSED = "still refused"
    FAILED = "failed"

    @property
    def is_closed(self) -> bool:
        """Whether the letter needs nobody any more."""
        return self in {Outcome.REPLAYED, Outcome.OBJECT_GONE}


@dataclass(frozen=True, slots=True)
class ReplayedLetter:
    """A letter and what has become of it; `detail` says why."""

    letter: DeadLetter
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """Where rows and letters go; `bulk` is asked for what loads a row that no request carries."""

    sink: RowSink
    bulk: Callable[[], RowBulk]


class Replayer:
    """Replays the letters of one object at a time; `clock` returns the time in UTC."""

    def __init__(
        self,
        inventory: Inventory,
        reader: ObjectReader,
        writing: Writing | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Without `writing` nothing is written: that tells what would happen."""
        self._inventory = inventory
        self._reader = reader
        self._writing = writing
        self._clock = clock

    def replay(self, letters: LettersOfObject) -> list[ReplayedLetter]:
        """Load the lines again and record which letters are closed; a failure is an outcome.

        Rows come before records: after a crash in between, replaying once more changes nothing.
        """
        try:
            return self._replay(letters)
        except TransientError as exc:
            return _all(letters, Outcome.FAILED, " ".join(str(exc).split()))

    def _replay(self, letters: LettersOfObject) -> list[ReplayedLetter]:
        now = self._clock()
        try:
            content = self._open(letters)
        except PermanentLoadError as exc:
            return _all(letters, Outcome.STILL_REFUSED, str(exc))
        except ObjectGone:
            replayed = _all(letters, Outcome.OBJECT_GONE, "it was deleted or replaced")
            self._record(_closed(replayed, now))
            return replayed
        rejects = list(self._load(letters, content, now))
        replayed = _sort_out(letters, rejects)
        self._record(_closed(replayed, now))
        if letters.is_whole:  # it gives way to letters of those lines that are refused
            self._record(
                letter_for_line(content.stored, reject, now)
                for reject in rejects
                if reject.line.number != WHOLE_OBJECT
            )
        return replayed

    def _open(self, letters: LettersOfObject) -> Content:
        stored = self._inventory.find(letters.ref)
        if stored is None:
            raise ObjectGone(letters.ref.uri)
        return open_content(self._reader, stored)

    def _load(self, letters: LettersOfObject, content: Content, now: datetime) -> Iterator[Reject]:
        """Insert the rows of the letters' lines; yields those that are refused again.

        Line 0 among them stands for an object that holds fewer events than it says.
        """
        lines = (
            made
            for made in read_rows(content, inserted=now)
            if letters.is_whole or made.line.number in letters.lines
        )
        if self._writing is None:  # whoever is not refused would be a row
            yield from (made for made in lines if isinstance(made, Reject))
        else:
            yield from RowInserter(self._writing.sink, self._writing.bulk).insert(lines)
        if letters.is_whole:
            yield from _find_missing(content)

    def _record(self, letters: Iterable[DeadLetter]) -> None:
        if self._writing is not None:
            insert_letters(self._writing.sink, letters)


def _find_missing(content: Content) -> Iterator[Reject]:
    """Yield a reject of the whole for an object that holds fewer events than it says."""
    said = content.stored.event_count
    due = 1 if said is None else said
    there = sum(1 for _ in content.lines())
    if there < due:
        detail = f"{there} of {due} events are in it"
        yield Reject(Line(WHOLE_OBJECT, b""), "events_missing", detail)


def _sort_out(letters: LettersOfObject, rejects: Iterable[Reject]) -> list[ReplayedLetter]:
    """Return what has become of each letter."""
    refused = {reject.line.number: f"{reject.reason}: {reject.detail}" for reject in rejects}
    return [
        ReplayedLetter(letter, Outcome.STILL_REFUSED, refused[letter.line])
        if letter.line in refused
        else ReplayedLetter(letter, Outcome.REPLAYED)
        for letter in letters.letters
    ]


def _closed(replayed: Iterable[ReplayedLetter], now: datetime) -> Iterator[DeadLetter]:
    """Yield the rows that close letters: the table is append-only."""
    for each in replayed:
        if each.outcome.is_closed:
            yield msgspec.structs.replace(
                each.letter, resolved_timestamp=now, resolution=each.outcome.value
            )


def _all(letters: LettersOfObject, outcome: Outcome, detail: str) -> list[ReplayedLetter]:
    return [ReplayedLetter(letter, outcome, detail) for letter in letters.letters]
