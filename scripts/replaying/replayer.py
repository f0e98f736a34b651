"""Lines that were dead-lettered become rows, if today's code and tables take them."""

import enum
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from analytics_pipeline.load.dead_letters import WHOLE_OBJECT, DeadLetter, letter_for_line
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.object_rows import (
    Candidate,
    check_complete,
    insert_candidates,
    make_candidates,
    read_content,
)
from analytics_pipeline.load.ports import ObjectReader, RowSink
from analytics_pipeline.load.rows import LineContext, Reject
from analytics_pipeline.reconcile.inventory import Inventory
from analytics_pipeline.stored_objects import StoredObject, position_of
from scripts.replaying.open_letters import LettersOfObject


class Outcome(enum.Enum):
    """What has become of a letter."""

    REPLAYED = "replayed"
    STILL_REFUSED = "still refused"
    OBJECT_GONE = "object gone"


@dataclass(frozen=True, slots=True)
class ReplayedLetter:
    """A letter and what has become of it; `detail` says why it is still refused."""

    letter: DeadLetter
    outcome: Outcome
    detail: str = ""


class Replayer:
    """Replays the letters of one object at a time; `clock` returns the time in UTC."""

    def __init__(
        self,
        inventory: Inventory,
        reader: ObjectReader,
        sink: RowSink | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Without a sink nothing is written: that tells what would happen."""
        self._inventory = inventory
        self._reader = reader
        self._sink = sink
        self._clock = clock

    def replay(self, letters: LettersOfObject) -> list[ReplayedLetter]:
        """Load the lines again and record what could be loaded; raises TransientError.

        Rows come before records: after a crash in between, replaying once more changes nothing.
        """
        stored = self._inventory.find(letters.ref)
        if stored is None:
            return _all(letters, Outcome.OBJECT_GONE)
        try:
            content = read_content(self._reader, stored)
        except ObjectGone:
            return _all(letters, Outcome.OBJECT_GONE)
        except PermanentLoadError as exc:
            return _all(letters, Outcome.STILL_REFUSED, str(exc))
        now = self._clock()
        rejects = self._load(letters, stored, content, now)
        refused = {reject.line: f"{reject.reason}: {reject.detail}" for reject in rejects}
        replayed = [
            ReplayedLetter(letter, Outcome.STILL_REFUSED, refused[letter.line])
            if letter.line in refused
            else ReplayedLetter(letter, Outcome.REPLAYED)
            for letter in letters.letters
        ]
        rows = _resolutions(replayed, now)
        if letters.is_whole:  # it gives way to letters of those lines that are refused
            rows += [
                letter_for_line(stored, reject, now)
                for reject in rejects
                if reject.line != WHOLE_OBJECT
            ]
        if self._sink is not None and rows:
            self._sink.insert_dead_letters(rows)
        return replayed

    def _load(
        self, letters: LettersOfObject, stored: StoredObject, content: bytes, now: datetime
    ) -> list[Reject]:
        """Insert the rows of the letters' lines; returns those that are refused again.

        Line 0 among them stands for an object that holds fewer events than it says.
        """
        rejects: list[Reject] = []
        positions: set[str] = set()

        def chosen() -> Iterator[Candidate]:
            context = LineContext.of(stored, inserted=now)
            for candidate in make_candidates(content, context, rejects):
                positions.add(position_of(str(candidate.row.values["event_id"])))
                if letters.is_whole or candidate.line in letters.lines:
                    yield candidate

        if self._sink is None:
            deque(chosen(), maxlen=0)  # whoever is not refused would be a row
        else:
            insert_candidates(self._sink, chosen(), rejects)
        if letters.is_whole:
            positions.update(str(reject.line - 1) for reject in rejects)
            try:
                check_complete(stored, positions)
            except PermanentLoadError as exc:
                rejects.append(Reject(WHOLE_OBJECT, exc.reason, exc.detail, b""))
        return rejects


def _resolutions(replayed: list[ReplayedLetter], now: datetime) -> list[DeadLetter]:
    """Return the rows that resolve what was replayed: the table is append-only."""
    return [
        msgspec.structs.replace(
            each.letter, resolved_timestamp=now, resolution=Outcome.REPLAYED.value
        )
        for each in replayed
        if each.outcome is Outcome.REPLAYED
    ]


def _all(letters: LettersOfObject, outcome: Outcome, detail: str = "") -> list[ReplayedLetter]:
    return [ReplayedLetter(letter, outcome, detail) for letter in letters.letters]
