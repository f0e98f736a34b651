"""What a deployment holds that would be gone with it: objects and rows."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.table import Table

from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_pipeline.schemas import SCHEMAS

_LAYOUT = SCHEMAS / "partitioning.json"
_TOTAL = re.compile(r"TOTAL: (\d+) objects?, (\d+) bytes?")
_EMPTY = "matched no objects"  # gcloud's error for a bucket without any


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
    """Count objects, and rows of what is kept for ever; raises CommandFailed."""
    return (_count_objects(commands, bucket), *_count_rows(commands, project_id, dataset))


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


def _count_rows(commands: Commands, project_id: str, dataset: str) -> list[Holding]:
    layouts = json.loads(_LAYOUT.read_text())
    names = [name for name, layout in layouts.items() if layout["keep_days"] is None]
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, COUNT(*) AS n FROM `{project_id}.{dataset}.{name}`"  # noqa: S608 - our names
        for name in names
    )
    printed = commands.read(
        *("bq", f"--project_id={project_id}", "--format=json"),
        *("query", "--use_legacy_sql=false", counts),
        example=json.dumps([{"name": name, "n": "1"} for name in names]),
    )
    rows = {row["name"]: int(row["n"]) for row in json.loads(printed)}
    return [Holding(f"{dataset}.{name}", rows[name], "rows") for name in names]
