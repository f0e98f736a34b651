"""Write the tables of docs/data-dictionary.md from the schemas that make BigQuery's tables.

    python scripts/generate/data_dictionary.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test fails while the page and
the schemas disagree.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analytics_pipeline.schemas import SCHEMAS
from generate.markdown_tables import draw_table, fill_tables

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
TABLES = (
    *("events_function", "dead_letters", "events_gcs"),
    *("run_googleapis_com_stdout", "listed_objects"),
)


def main() -> int:
    """Rewrite the page; returns 0."""
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def fill(page: str) -> str:
    """Return the page with every table as the schemas say."""
    return fill_tables(page, {name: _describe(name) for name in TABLES})


def _describe(name: str) -> str:
    """Return how a table is laid out, and its columns."""
    columns = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return _layout(name) + draw_table(("column", "type", "meaning"), _rows(columns))


def _layout(name: str) -> str:
    layouts = json.loads((SCHEMAS / "partitioning.json").read_text(encoding="utf-8"))
    if name not in layouts:
        return ""
    layout = layouts[name]
    clustering = ", ".join(f"`{column}`" for column in layout["clustering"] or ())
    said = [
        f"Partitioned by `{layout['partition_column']}`",
        *([f"clustered by {clustering}"] if clustering else []),
        *([f"kept for {layout['keep_days']} days"] if layout["keep_days"] else []),
    ]
    return f"{', '.join(said)}.\n\n"


def _rows(columns: Iterable[Mapping[str, Any]], within: str = "") -> Iterator[tuple[str, str, str]]:
    for column in columns:
        name = within + column["name"]
        required = ", required" if column["mode"] == "REQUIRED" else ""
        yield f"`{name}`", column["type"] + required, column["description"]
        yield from _rows(column.get("fields", ()), f"{name}.")


if __name__ == "__main__":
    sys.exit(main())
