"""What a deployment holds that would be gone with it: objects and rows."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed

_TOTAL = re.compile(r"TOTAL: (\d+) objects?, (\d+) bytes?")
_EMPTY = "matched no objects"  # gcloud's error for a bucket without any
_WITH_ROWS = {"TABLE", "SNAPSHOT"}  # the others show rows of these, or objects
_MOST_TABLES = 10_000
_TABLES_A_QUERY = 200  # of the thousand that BigQuery takes
_EXAMPLE_TABLES = [{"type": "TABLE", "tableReference": {"tableId": "TABLE"}}]


@dataclass(frozen=True)
class Holding:
    """Something that holds data, and how much."""

    name: str
    count: int
    unit: str
    size: int | None = None  # bytes, where it is known without reading everything


def list_holdings(
    commands: Commands, project_id: str, *, bucket: str, dataset: str
) -> tuple[Holding, ...]:
    """Count objects, and rows of each table that has any, whoever made it; raises CommandFailed."""
    tables = _list_tables(commands, project_id, dataset)
    parts = range(0, len(tables), _TABLES_A_QUERY)
    counted = (tables[start : start + _TABLES_A_QUERY] for start in parts)
    rows = (each for some in counted for each in _count_rows(commands, project_id, dataset, some))
    return (_count_objects(commands, bucket), *(each for each in rows if each.count))


def draw(holdings: Iterable[Holding]) -> Table:
    """Return the holdings as a table."""
    table = Table("holds data", box=box.SIMPLE)
    for title in ("count", "", "bytes"):
        table.add_column(title, justify="left" if not title else "right")
    for each in holdings:
        size = "" if each.size is None else f"{each.size:,}"
        table.add_row(each.name, f"{each.count:,}", each.unit, size)
    return table


def _count_objects(commands: Commands, bucket: str) -> Holding:
    uri = f"gs://{bucket}"
    command = ("gcloud", "storage", "ls", f"{uri}/**", "--long")
    try:
        line = commands.read_last_line(*command, example="TOTAL: 1 objects, 1 bytes (1B)")
    except CommandFailed as exc:
        if _EMPTY not in str(exc):
            raise
        return Holding(uri, 0, "objects", 0)
    total = _TOTAL.match(line)
    if total is None:
        raise CommandFailed(f"gcloud counts no objects in {uri}, it says: {line}")
    return Holding(uri, int(total[1]), "objects", int(total[2]))


def _list_tables(commands: Commands, project_id: str, dataset: str) -> list[str]:
    printed = commands.read(
        *("bq", f"--project_id={project_id}", "--format=json"),
        *("ls", f"--max_results={_MOST_TABLES}", dataset),
        example=json.dumps(_EXAMPLE_TABLES),
    )
    tables = json.loads(printed or "[]")  # bq prints nothing where there is none
    return [each["tableReference"]["tableId"] for each in tables if each["type"] in _WITH_ROWS]


def _count_rows(
    commands: Commands, project_id: str, dataset: str, tables: Sequence[str]
) -> list[Holding]:
    """Count what is streamed a moment ago, too, which the tables' metadata leave out."""
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, COUNT(*) AS n FROM `{project_id}.{dataset}.{name}`"  # noqa: S608 - names
        for name in tables
    )
    printed = commands.read(
        *("bq", f"--project_id={project_id}", "--format=json", "query"),
        *(f"--max_rows={_TABLES_A_QUERY}", "--use_legacy_sql=false", counts),
        example=json.dumps([{"name": name, "n": "1"} for name in tables]),
    )
    rows = {row["name"]: int(row["n"]) for row in json.loads(printed)}
    return [Holding(f"{dataset}.{name}", rows[name], "rows") for name in tables]
