"""Pure: how what becomes of a line differs between two revisions, in kinds of few words."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import msgspec

from analytics_commands.rehearse.changed_columns import changed_columns
from analytics_commands.rehearse.row_rules import Cells, Refusal, Row, RowRules
from analytics_commands.rehearse.row_worker import Outcome

_MAX_SHOWN = 200  # characters of a value
_A_ROW = "a row"
_NO_LINE = Outcome(reason="no such line")
_read_outcome = msgspec.json.Decoder(Outcome).decode


@dataclass(frozen=True, slots=True)
class Change:
    """One way in which an event's row differs; `about` is a column, or why there is no row.

    `before` and `now` are what the column holds, or what was found, cut for a person.
    """

    kind: str
    about: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs for the event on a line, 0 for a whole object; no row has no `event_id`."""

    line: int
    event_id: str
    changes: tuple[Change, ...]


class Comparer:
    """Compares by what BigQuery holds afterwards, by the schema of each revision.

    How a request spells a value makes no difference.
    """

    def __init__(self, before: RowRules, now: RowRules) -> None:
        self._before, self._now = before, now
        self._changed = before.changed(now)

    def compare(self, before: bytes | None, now: bytes | None) -> Difference | None:
        """Return how the encoded outcomes of a line differ, None where they do not."""
        if before == now and not self._changed:
            return None
        was = _read(before)
        is_ = was if before == now else _read(now)
        old: Row | None = was.row
        new: Row | None = is_.row
        names = self._names(old, new)
        changes = tuple(
            self._changes(
                _refusal(was) if old is None else self._before.read(old, names),
                _refusal(is_) if new is None else self._now.read(new, names),
                old or {},
                new or {},
            )
        )
        event_id = str((new or old or {}).get("event_id", ""))
        return Difference(was.line or is_.line or 0, event_id, changes) if changes else None

    def _names(self, old: Row | None, new: Row | None) -> Collection[str]:
        """Return the columns to look at: all of them where only one makes a row."""
        if old is new:
            return self._changed
        if old is None or new is None:
            columns = self._before.columns.keys() | self._now.columns.keys()
            return columns | (old or new or {}).keys()
        names = old.keys() | new.keys()
        return {name for name in names if old.get(name) != new.get(name)} | self._changed

    def _changes(
        self, before: Cells | Refusal, now: Cells | Refusal, old: Row, new: Row
    ) -> Iterator[Change]:
        match before, now:
            case Refusal(), Refusal():
                if before.reason != now.reason:
                    reasons = f"{before.reason} → {now.reason}"
                    yield Change("refused otherwise", reasons, before.detail, now.detail)
            case Refusal(), _:
                yield Change("accepted now", before.reason, before.detail, _A_ROW)
            case _, Refusal():
                yield Change("refused now", now.reason, _A_ROW, now.detail)
            case _:
                for kind, name, about in changed_columns(self._before, self._now, before, now):
                    yield Change(kind, about, _shown(old.get(name)), _shown(new.get(name)))


def _read(outcome: bytes | None) -> Outcome:
    return _NO_LINE if outcome is None else _read_outcome(outcome)


def _refusal(outcome: Outcome) -> Refusal:
    return Refusal(outcome.reason, outcome.detail)


def _shown(value: object) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
