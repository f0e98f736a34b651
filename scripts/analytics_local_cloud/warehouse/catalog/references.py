"""Names of datasets and tables: in REST bodies, in messages and in the DuckDB file."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported

_DATASET_ID = re.compile(r"\w{1,1024}", re.ASCII)
_MAX_TABLE_BYTES = 1024
_TABLE_CATEGORIES = {"Pc", "Pd", "Zs"}  # beside letters, marks and numbers ("Table naming")
_RESERVED_TABLE = re.compile(
    "INFORMATION_SCHEMA|__(TABLES|TABLES_SUMMARY|PARTITIONS_SUMMARY|DATASETS)__", re.IGNORECASE
)


def quote(identifier: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class DatasetReference:
    """A dataset of a project."""

    project: str
    dataset: str

    @classmethod
    def from_rest(cls, body: Mapping[str, Any], project: str) -> Self:
        """Read a `DatasetReference` message; raises `ApiError` (invalid) for a bad id."""
        reference = cls(str(body.get("projectId") or project), str(body.get("datasetId", "")))
        name = reference.dataset
        if not _DATASET_ID.fullmatch(name) or name.upper() == "INFORMATION_SCHEMA":
            raise ApiError("invalid", f'Invalid dataset ID "{reference.dataset}".')
        return reference

    @property
    def label(self) -> str:
        """The name as BigQuery's messages and `id` fields spell it."""
        return f"{self.project}:{self.dataset}"

    @property
    def schema(self) -> str:
        """The DuckDB schema (unquoted) that holds the dataset's tables."""
        return f"{self.project}.{self.dataset}"

    def to_rest(self) -> dict[str, str]:
        """Return the `DatasetReference` message."""
        return {"projectId": self.project, "datasetId": self.dataset}


@dataclass(frozen=True, slots=True)
class TableReference:
    """A table, view or external table of a dataset."""

    parent: DatasetReference
    table: str

    @classmethod
    def from_rest(cls, body: Mapping[str, Any], project: str) -> Self:
        """Read a `TableReference` message; raises `ApiError` (invalid) for a bad id."""
        reference = cls(DatasetReference.from_rest(body, project), str(body.get("tableId", "")))
        if re.search("[$@]", reference.table):
            raise unsupported(f"partition and time decorators of tables ({reference.table})")
        if not _is_table_id(reference.table):
            raise ApiError("invalid", f'Invalid table ID "{reference.table}".')
        return reference

    @property
    def label(self) -> str:
        """The name as BigQuery's messages and `id` fields spell it."""
        return f"{self.parent.label}.{self.table}"

    @property
    def path(self) -> str:
        """The name as GoogleSQL spells it."""
        return f"{self.parent.project}.{self.parent.dataset}.{self.table}"

    @property
    def physical(self) -> str:
        """The quoted name of the DuckDB table."""
        return f"{quote(self.parent.schema)}.{quote(self.table)}"

    def to_rest(self) -> dict[str, str]:
        """Return the `TableReference` message."""
        return {**self.parent.to_rest(), "tableId": self.table}


def _is_table_id(name: str) -> bool:
    categories = set(map(unicodedata.category, name))
    allowed = {found for found in categories if found[0] in "LMN"} | _TABLE_CATEGORIES
    within = 0 < len(name.encode("utf-8", "replace")) <= _MAX_TABLE_BYTES
    return within and categories <= allowed and not _RESERVED_TABLE.fullmatch(name)
