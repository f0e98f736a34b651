"""Lines that were dead-lettered become rows, if today's code and tables take them."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from analytics_pipeline.dead_letters import DeadLetter, letter_for_line
from analytics_pipeline.errors import ObjectGone, PermanentLoadError
from analytics_pipeline.inventory import Inventory
from analytics_pipeline.object_rows import insert_candidates, make_candidates, read_content
from analytics_pipeline.ports import ObjectReader, RowSink
from analytics_pipeline.rows import LineContext, Reject
from analytics_pipeline.stored_objects import StoredObject
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
        # A letter of the whole object gives way to letters of those lines that are refused.
        fresh = [letter_for_line(stored, reject, now) for reject in rejects if letters.is_whole]
        rows = fresh + _resolutions(replayed, now)
        if self._sink is not None and rows:
            self._sink.insert_dead_letters(rows)
        return replayed

    def _load(
        self, letters: LettersOfObject, stored: StoredObject, content: bytes, now: datetime
    ) -> list[Reject]:
        """Insert the rows of the letters' lines; returns those that are refused again."""
        rejects: list[Reject] = []
        candidates = (
            candidate
            for candidate in make_candidates(content, LineContext.of(stored, inserted=now), rejects)
            if letters.is_whole or candidate.line in letters.lines
        )
        if self._sink is None:
            for _ in candidates:  # whoever is not refused would be a row
                pass
        else:
            insert_candidates(self._sink, candidates, rejects)
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
