"""Which datasets and tables exist: REST resources kept in the DuckDB file, read from memory."""

from dataclasses import dataclass
from typing import Any, Self

import msgspec

from analytics_local_cloud.warehouse.api_errors import already_exists, not_found
from analytics_local_cloud.warehouse.catalog.engine import Engine, Transaction
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns

_CREATE = """
CREATE SCHEMA IF NOT EXISTS _warehouse;
CREATE TABLE IF NOT EXISTS _warehouse.resources (
    project VARCHAR, dataset VARCHAR, name VARCHAR, body VARCHAR,
    PRIMARY KEY (project, dataset, name)
)"""
_DATASET = ""  # the `name` under which a dataset's own resource is kept


@dataclass(frozen=True)
class TableEntry:
    """A table, view or external table: its REST resource and its parsed columns."""

    reference: TableReference
    resource: dict[str, Any]
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, reference: TableReference, resource: dict[str, Any]) -> Self:
        """Parse a stored resource. The columns of a view or external table stay unparsed."""
        stored = resource["type"] == "TABLE"
        return cls(reference, resource, parse_columns(resource.get("schema")) if stored else ())

    @property
    def kind(self) -> str:
        """`TABLE`, `VIEW` or `EXTERNAL`."""
        return str(self.resource["type"])


class Catalog:
    """Datasets and tables by reference. Changes become visible when their write commits."""

    def __init__(self, engine: Engine) -> None:
        self._datasets: dict[DatasetReference, dict[str, Any]] = {}
        self._tables: dict[TableReference, TableEntry] = {}
        with engine.session() as session:
            session.execute(_CREATE)
            rows = session.execute("FROM _warehouse.resources").fetchall()
        for project, dataset, name, body in rows:
            parent, resource = DatasetReference(project, dataset), msgspec.json.decode(body)
            if name == _DATASET:
                self._datasets[parent] = resource
            else:
                reference = TableReference(parent, name)
                self._tables[reference] = TableEntry.of(reference, resource)

    def projects(self) -> list[str]:
        """Return the projects that hold a dataset, sorted."""
        return sorted({reference.project for reference in self._datasets})

    def datasets(self, project: str) -> list[dict[str, Any]]:
        """Return the resources of a project's datasets, by name."""
        found = [key for key in self._datasets if key.project == project]
        return [self._datasets[key] for key in sorted(found, key=lambda key: key.dataset)]

    def dataset(self, reference: DatasetReference) -> dict[str, Any]:
        """Return a dataset's resource; raises `ApiError` (notFound)."""
        if reference not in self._datasets:
            raise not_found("Dataset", reference.label)
        return self._datasets[reference]

    def tables(self, parent: DatasetReference) -> list[TableEntry]:
        """Return a dataset's tables by name; raises `ApiError` (notFound)."""
        self.dataset(parent)
        found = [key for key in self._tables if key.parent == parent]
        return [self._tables[key] for key in sorted(found, key=lambda key: key.table)]

    def table(self, reference: TableReference) -> TableEntry:
        """Return a table; raises `ApiError` (notFound) for its dataset or itself."""
        self.dataset(reference.parent)
        if reference not in self._tables:
            raise not_found("Table", reference.label)
        return self._tables[reference]

    def has_table(self, reference: TableReference) -> bool:
        """Tell whether the table exists."""
        return reference in self._tables

    def refuse_taken_dataset(self, reference: DatasetReference) -> None:
        """Raise `ApiError` (duplicate) if the name is taken, in any letter case."""
        if reference.schema.casefold() in {key.schema.casefold() for key in self._datasets}:
            raise already_exists("Dataset", reference.label)

    def refuse_taken_table(self, reference: TableReference) -> None:
        """Raise `ApiError` (duplicate) if the name is taken, in any letter case."""
        self.dataset(reference.parent)
        if reference.physical.casefold() in {key.physical.casefold() for key in self._tables}:
            raise already_exists("Table", reference.label)

    def put_dataset(
        self, transaction: Transaction, reference: DatasetReference, resource: dict[str, Any]
    ) -> None:
        """Create or replace a dataset's resource."""
        _store(transaction, reference, _DATASET, resource)
        transaction.then(lambda: self._datasets.update({reference: resource}))

    def put_table(self, transaction: Transaction, entry: TableEntry) -> None:
        """Create or replace a table's resource."""
        reference = entry.reference
        _store(transaction, reference.parent, reference.table, entry.resource)
        transaction.then(lambda: self._tables.update({reference: entry}))

    def drop_dataset(self, transaction: Transaction, reference: DatasetReference) -> None:
        """Forget a dataset that has no tables left."""
        _erase(transaction, reference, _DATASET)
        transaction.then(lambda: self._datasets.pop(reference))

    def drop_table(self, transaction: Transaction, reference: TableReference) -> None:
        """Forget a table."""
        _erase(transaction, reference.parent, reference.table)
        transaction.then(lambda: self._tables.pop(reference))


def _store(
    transaction: Transaction, parent: DatasetReference, name: str, resource: dict[str, Any]
) -> None:
    transaction.connection.execute(
        "INSERT OR REPLACE INTO _warehouse.resources VALUES (?, ?, ?, ?)",
        [parent.project, parent.dataset, name, msgspec.json.encode(resource).decode()],
    )


def _erase(transaction: Transaction, parent: DatasetReference, name: str) -> None:
    transaction.connection.execute(
        "DELETE FROM _warehouse.resources WHERE (project, dataset, name) = (?, ?, ?)",
        [parent.project, parent.dataset, name],
    )
