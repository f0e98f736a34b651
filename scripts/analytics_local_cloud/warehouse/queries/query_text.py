"""A statement as a client sent it, and what the names in it stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference

Path = tuple[str, ...]  # of a table, as a statement names it: one to four parts


@dataclass(frozen=True)
class QueryText:
    """A statement, with what its unqualified names and parameters mean."""

    sql: str
    project: str
    default_dataset: DatasetReference | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    temporary: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def table(self, path: Path) -> TableReference:
        """Return the full name of a table; raises `ApiError` when its dataset is not given."""
        if "*" in path[-1]:
            raise unsupported("wildcard tables")
        if len(path) > 1:
            return TableReference(self.dataset(path[:-1]), path[-1])
        if self.default_dataset is not None:
            return TableReference(self.default_dataset, path[0])
        text = f'Table "{path[0]}" must be qualified with a dataset (e.g. dataset.table).'
        raise ApiError("invalid", text, path[0])

    def dataset(self, path: Path) -> DatasetReference:
        """Return the full name of a dataset."""
        return DatasetReference(path[-2] if len(path) > 1 else self.project, path[-1])
