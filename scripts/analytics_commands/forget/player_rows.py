"""A player's rows and dead letters in BigQuery, deleted as soon as BigQuery lets that happen.

It refuses to delete rows that are in the streaming buffer, up to 90 minutes after they were
streamed. Then what is older is deleted, and the rest has to wait.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics_commands.forget.parts import Outcome, Part
from analytics_commands.forget.player import Player
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.streaming import DEAD_LETTERS_TABLE, EVENTS_TABLE
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.stored_objects import Selection

_BUFFER = timedelta(minutes=90)
_REFUSAL = "streaming buffer"  # in BigQuery's own words
_IDS_PER_STATEMENT = 5_000
_SELECTED = """
  (@environment IS NULL OR analytics_environment = @environment)
  AND (@category IS NULL OR event_category = @category)
  AND received_timestamp >= @since AND received_timestamp < @until"""
_THEIR_ROWS = f"""{_SELECTED}
  AND gcs_uri NOT IN UNNEST(@left)
  AND @player IN (
    player_id, JSON_VALUE(extra, '$.playerId'), JSON_VALUE(extra, '$.player_id')
  )"""
_THEIR_LETTERS = "dead_letter_id IN UNNEST(@ids)"
_LETTER_STREAMED = (
    "GREATEST(dead_lettered_timestamp, COALESCE(resolved_timestamp, dead_lettered_timestamp))"
)
_OPAQUE = f"""
SELECT gcs_uri, generation, line, dead_letter_id FROM dead_letters
WHERE line > 0 AND {_SELECTED}
GROUP BY gcs_uri, generation, line, dead_letter_id
HAVING COUNTIF(payload IS NOT NULL AND NOT COALESCE(payload_truncated, FALSE)) = 0
"""  # noqa: S608 - ours
_MENTIONING = f"""
SELECT dead_letter_id, payload FROM dead_letters
WHERE {_SELECTED}
  AND gcs_uri NOT IN UNNEST(@left)
  AND (STRPOS(payload, @player) > 0 OR STRPOS(payload, @escape) > 0)
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class OpaqueLetter:
    """A dead letter of one version of an object that does not show all of its line."""

    generation: str
    dead_letter_id: str


OpaqueLetters = Mapping[tuple[str, int], Sequence[OpaqueLetter]]  # by URI and line, from 1


@dataclass(frozen=True)
class TheirRows:
    """Rows of one table by a condition; `streamed` is SQL for when a row was streamed."""

    table: str
    condition: str
    streamed: str
    parameters: Mapping[str, object]

    @property
    def kind(self) -> str:
        """What they are called."""
        return f"rows of {self.table}"


class Tables:
    """The tables of one dataset, as far as they concern a player and a selection."""

    def __init__(self, warehouse: Warehouse, player: Player, selection: Selection) -> None:
        self._warehouse = warehouse
        self._player = player
        self._selected = {
            "environment": selection.analytics_environment,
            "category": selection.event_category,
            "since": selection.since,
            "until": selection.until,
        }

    def opaque_letters(self) -> OpaqueLetters:
        """Return the dead letters that do not show all of their line."""
        letters = defaultdict[tuple[str, int], list[OpaqueLetter]](list)
        for row in self._warehouse.query(_OPAQUE, **self._selected):
            letter = OpaqueLetter(row["generation"], row["dead_letter_id"])
            letters[row["gcs_uri"], row["line"]].append(letter)
        return letters

    def event_rows(self, left: Sequence[str]) -> TheirRows:
        """Return the player's rows, but those of the objects `left`, by URI."""
        parameters = {**self._selected, "left": left, "player": self._player.id}
        return TheirRows(EVENTS_TABLE, _THEIR_ROWS, "inserted_timestamp", parameters)

    def letter_rows(self, left: Sequence[str], known: Iterable[str]) -> Iterator[TheirRows]:
        """Yield the player's dead letters: those that show it, and those `known` to be theirs.

        The letters of objects that are `left` are not among the former.
        """
        mentioning = self._warehouse.query(
            _MENTIONING,
            **self._selected,
            left=left,
            player=self._player.id,
            escape=self._player.escape,
        )
        shown = (
            row["dead_letter_id"]
            for row in mentioning
            if self._player.owns(row["payload"].encode())
        )
        ids = sorted({*shown, *known})
        for start in range(0, len(ids), _IDS_PER_STATEMENT):
            parameters = {"ids": ids[start : start + _IDS_PER_STATEMENT]}
            yield TheirRows(DEAD_LETTERS_TABLE, _THEIR_LETTERS, _LETTER_STREAMED, parameters)

    def plan(self, rows: TheirRows) -> Iterator[Part]:
        """Yield what would be deleted, if anything; raises TransientError."""
        if count := self._count(rows):
            yield Part(rows.kind, rows.table, count, Outcome.PLANNED)

    def delete(self, rows: TheirRows, now: datetime) -> Iterator[Part]:
        """Delete what BigQuery lets go; yields that, and what waits. Raises TransientError."""
        before = self._count(rows)
        if not before:
            return
        if not self._try_delete(rows):
            self._try_delete(rows, before=now - _BUFFER)
        waiting = list(self._waiting(rows, now))
        deleted = before - sum(part.count for part in waiting)
        if deleted > 0:
            yield Part(rows.kind, rows.table, deleted, Outcome.DELETED)
        yield from waiting

    def _count(self, rows: TheirRows) -> int:
        sql = f"SELECT COUNT(*) AS n FROM {rows.table} WHERE {rows.condition}"  # noqa: S608 - ours
        (row,) = self._warehouse.query(sql, **rows.parameters)
        return int(row["n"])

    def _try_delete(self, rows: TheirRows, before: datetime | None = None) -> bool:
        """Delete them all, or those streamed before; returns whether BigQuery did."""
        sql = f"DELETE FROM {rows.table} WHERE {rows.condition}"  # noqa: S608 - ours
        parameters = dict(rows.parameters)
        if before is not None:
            sql += f" AND {rows.streamed} < @before"
            parameters["before"] = before
        try:
            list(self._warehouse.query(sql, **parameters))
        except TransientError as exc:
            if _REFUSAL in str(exc):
                return False
            raise
        return True

    def _waiting(self, rows: TheirRows, now: datetime) -> Iterator[Part]:
        """Yield what is still there, object by object."""
        sql = (
            f"SELECT gcs_uri, COUNT(*) AS n, MAX({rows.streamed}) AS streamed"  # noqa: S608 - ours
            f" FROM {rows.table} WHERE {rows.condition} GROUP BY gcs_uri ORDER BY gcs_uri"
        )
        for row in self._warehouse.query(sql, **rows.parameters):
            after = max(now, row["streamed"] + _BUFFER).strftime("%Y-%m-%dT%H:%M:%SZ")
            detail = f"in the streaming buffer: run again after {after}"
            yield Part(rows.kind, row["gcs_uri"], row["n"], Outcome.WAITING, detail)
