"""Names of datasets and tables: in REST bodies, in messages and in the DuckDB file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from analytics_local_cloud.warehouse.api_errors import ApiError

_DATASET_ID = re.compile(r"\w{1,1024}", re.ASCII)
_TABLE_ID = re.compile(r"[\w \-]{1,1024}")


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
        if not _DATASET_ID.fullmatch(reference.dataset):
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
        if not _TABLE_ID.fullmatch(reference.table):
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
