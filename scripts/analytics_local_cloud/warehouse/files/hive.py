"""Hive partitioning: columns read from `key=value` segments of object names.

"HivePartitioningOptions" in the BigQuery REST reference: mode CUSTOM spells keys and types in
the prefix, STRINGS makes every key a STRING, AUTO guesses a type from the values.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.values.column_cells import CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns

_PLACEHOLDER = re.compile(r"\{(\w+):(\w+)\}")
_GUESSES = ("INTEGER", "DATE", "TIMESTAMP")
_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class HiveLayout:
    """Where the keys begin in a URI, and their columns in order."""

    prefix: str
    columns: tuple[Column, ...]

    def values(self, uri: str) -> list[str | None]:
        """Return the keys' values as text; raises `ApiError` (invalid) for another layout."""
        segments = _segments(uri, self.prefix)[: len(self.columns)]
        if [key for key, _ in segments] != [column.name for column in self.columns]:
            keys = "/".join(f"{column.name}=…" for column in self.columns)
            raise ApiError("invalid", f"Hive partition keys of {uri} are not {keys}", uri)
        return [None if value == _NULL else value for _, value in segments]


def parse_layout(options: Mapping[str, Any], uris: Sequence[str]) -> HiveLayout:
    """Read `hivePartitioningOptions` for a table over `uris`; raises `ApiError` (invalid)."""
    mode = str(options.get("mode", "AUTO")).upper()
    prefix = str(options.get("sourceUriPrefix", ""))
    if not prefix.startswith("gs://"):
        raise ApiError("invalid", "Hive partitioning needs a sourceUriPrefix of gs://")
    if not uris:
        text = "Cannot query hive partitioned data for table without any associated files."
        raise ApiError("invalid", text)
    if mode == "CUSTOM":
        fields = [{"name": name, "type": kind} for name, kind in _PLACEHOLDER.findall(prefix)]
        return HiveLayout(prefix.partition("{")[0].rstrip("/"), parse_columns({"fields": fields}))
    if mode not in {"AUTO", "STRINGS"}:
        raise unsupported(f"hive partitioning mode {mode}")
    base = prefix.rstrip("/")
    names = [key for key, _ in _segments(uris[0], base)]
    strings = HiveLayout(base, tuple(Column(name, "STRING") for name in names))
    return strings if mode == "STRINGS" else _guess_types(strings, uris)


def _segments(uri: str, prefix: str) -> list[tuple[str, str]]:
    """Return the leading `key=value` folders of a URI below the prefix."""
    pairs = []
    for folder in uri.removeprefix(prefix).lstrip("/").split("/")[:-1]:
        key, equals, value = folder.partition("=")
        if not equals:
            break
        pairs.append((key, value))
    return pairs


def _guess_types(layout: HiveLayout, uris: Sequence[str]) -> HiveLayout:
    rows = [layout.values(uri) for uri in uris]
    columns = [
        Column(column.name, _guess([row[position] for row in rows]))
        for position, column in enumerate(layout.columns)
    ]
    return HiveLayout(layout.prefix, tuple(columns))


def _guess(values: Sequence[str | None]) -> str:
    return next((kind for kind in _GUESSES if _all_fit(kind, values)), "STRING")


def _all_fit(kind: str, values: Sequence[str | None]) -> bool:
    try:
        return all(value is None or to_cell(kind, value) is not None for value in values)
    except CellError:
        return False
