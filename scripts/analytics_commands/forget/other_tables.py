"""Tables of the dataset that are not the pipeline's own, and hold a player's rows.

They are made by hand, with `import_events native` for instance, so a person deletes from them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from google.cloud import bigquery

from analytics_commands.forget.parts import Outcome, Part
from analytics_commands.forget.player import Player
from analytics_commands.foundation.pipeline.target import Target
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.streaming import DEAD_LETTERS_TABLE, EVENTS_TABLE

_KIND = "rows of other tables"
_OURS = {EVENTS_TABLE, DEAD_LETTERS_TABLE}
_WITH_ROWS = {"TABLE", "SNAPSHOT"}  # of their own: views and external tables show those of others
_NO_TEXT = {"RECORD", "STRUCT", "BYTES", "GEOGRAPHY", "RANGE", "INTERVAL"}


@dataclass(frozen=True)
class OtherTables:
    """What one player has in tables that the pipeline does not know."""

    target: Target
    player: Player

    def parts(self) -> Iterator[Part]:
        """Yield each table that holds the player, or could not be looked at."""
        dataset = self.target.dataset
        try:
            with translated(f"the tables of {dataset} cannot be listed"):
                tables = list(self.target.bigquery.list_tables(dataset))
        except TransientError as exc:
            yield Part(_KIND, dataset, 1, Outcome.FAILED, str(exc))
            return
        for table in tables:
            if table.table_type in _WITH_ROWS and table.table_id not in _OURS:
                yield from self._look(table)

    def _look(self, table: bigquery.table.TableListItem) -> Iterator[Part]:
        name = f"{self.target.dataset}.{table.table_id}"
        try:
            with translated(f"{name} cannot be read"):
                schema = self.target.bigquery.get_table(table.reference).schema
            condition = condition_of(schema)
            count = self._count(name, condition) if condition else 0
        except TransientError as exc:
            yield Part(_KIND, name, 1, Outcome.FAILED, str(exc))
            return
        if count:
            player = json.dumps(self.player.id, ensure_ascii=False)
            delete = f"DELETE FROM `{name}` WHERE {condition}"  # noqa: S608 - for a person
            detail = f"not the pipeline's own: {delete.replace('@player', player)}"
            yield Part(_KIND, name, count, Outcome.NEEDS_A_PERSON, detail)

    def _count(self, name: str, condition: str) -> int:
        sql = f"SELECT COUNT(*) AS n FROM `{name}` WHERE {condition}"  # noqa: S608 - of its schema
        (row,) = self.target.warehouse.query(sql, player=self.player.id)
        return int(row["n"])


def condition_of(schema: Sequence[bigquery.SchemaField]) -> str:
    """Return SQL for the rows of `@player`, empty for a table that has no place for an id.

    That is a column `playerId` or `player_id`, in any case, or such a field of a JSON column.
    """
    tests: list[str] = []
    for column in schema:
        if column.mode == "REPEATED" or column.field_type in _NO_TEXT:
            continue
        if column.field_type == "JSON":
            fields = ("$.playerId", "$.player_id")
            tests += [f"JSON_VALUE(`{column.name}`, '{path}') = @player" for path in fields]
        if column.name.replace("_", "").casefold() == "playerid":
            value = f"`{column.name}`"
            text = (
                f"JSON_VALUE({value})"
                if column.field_type == "JSON"
                else f"CAST({value} AS STRING)"
            )
            tests.append(f"{text} = @player")
    return " OR ".join(tests)
