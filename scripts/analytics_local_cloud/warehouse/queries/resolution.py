"""A statement and everything it reads, down to what is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.catalog import Catalog, TableEntry
from analytics_local_cloud.warehouse.catalog.information_schema import information_schema
from analytics_local_cloud.warehouse.files.external_tables import resolve_external
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader
from analytics_local_cloud.warehouse.googlesql.analysis import (
    Analyzed,
    Analyzer,
    KnownTable,
    Parameter,
    Statement,
)
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText
from analytics_local_cloud.warehouse.queries.parameter_values import read_parameters
from analytics_local_cloud.warehouse.queries.plain_queries import is_plain
from analytics_local_cloud.warehouse.queries.query_text import Path, QueryText
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns

FILE_NAME = "_FILE_NAME"
_MAX_VIEW_DEPTH = 16  # BigQuery's own limit
_HIDDEN = (Column(FILE_NAME, "STRING"),)


@dataclass(frozen=True)
class Source:
    """A table of a statement: stored in `entry`, a `view`, `external` files, or given `rows`."""

    known: KnownTable
    entry: TableEntry | None = None
    view: "Resolved | None" = None
    external: Mapping[str, Any] | None = None
    rows: list[tuple[Any, ...]] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB has what is in it, as it is."""
        return self.view.is_plain if self.view is not None else self.rows is None


@dataclass(frozen=True)
class Resolved:
    """A statement, and its tables by the name that its tree has for them."""

    text: StatementText
    analyzed: Analyzed
    sources: Mapping[str, Source]
    parameters: tuple[Parameter, ...]

    @property
    def tree(self) -> Statement:
        """The resolved tree."""
        return self.analyzed.tree

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that a query returns."""
        return self.analyzed.columns

    @cached_property
    def is_plain(self) -> bool:
        """Whether both engines answer a query alike."""
        sources = [self.sources[name] for name in self.analyzed.used_columns]
        return is_plain(self.analyzed) and all(source.is_plain for source in sources)

    def result_columns(self) -> tuple[Column, ...]:
        """Return a query's columns; raises `ApiError` (invalidQuery) if two share a name."""
        names = [column.name.casefold() for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            text = "Duplicate column names in the result are not supported. Found duplicate(s): "
            raise ApiError("invalidQuery", text + ", ".join(doubled), "query")
        return self.columns

    @property
    def kind(self) -> str:
        """What the statement is, as the tree names its kinds."""
        return str(self.tree.WhichOneof("node")).removeprefix("resolved_").removesuffix("_node")

    def stored(self) -> Iterator[tuple[TableEntry, tuple[Column, ...]]]:
        """Yield each stored table that is read, also within views, and its columns."""
        for name, positions in self.analyzed.used_columns.items():
            source = self.sources[name]
            if source.view is not None:
                yield from source.view.stored()
            elif source.entry is not None and source.external is None:
                columns = (*source.known.columns, *source.known.hidden)
                yield source.entry, tuple(columns[position] for position in sorted(positions))


@dataclass(frozen=True)
class Resolver:
    """Resolves statements against the catalog."""

    catalog: Catalog
    analyzer: Analyzer
    objects: ObjectReader

    def resolve(self, query: QueryText, depth: int = 0) -> Resolved:
        """Return a statement's tree and tables; raises `ApiError`."""
        if depth > _MAX_VIEW_DEPTH:
            raise ApiError("invalidQuery", "Too many nested views", "query")
        text = StatementText.of(query.sql)
        paths = self.analyzer.table_paths(text)
        try:
            sources = {".".join(path): self._source(query, path, depth) for path in paths}
        except ApiError as exc:
            if exc.reason == "notFound":  # as queries say it
                exc.message += " was not found in location US"
            raise
        parameters = read_parameters(self.analyzer, query.parameters)
        known = [source.known for source in sources.values()]
        analyzed = self.analyzer.analyze(text, known, parameters)
        return Resolved(text, analyzed, sources, parameters)

    def _source(self, query: QueryText, path: Path, depth: int) -> Source:
        if len(path) == 1 and path[0] in query.temporary:
            configuration = query.temporary[path[0]]
            columns = resolve_external(configuration, self.objects).all_columns
            return Source(KnownTable(path, columns, _HIDDEN), external=configuration)
        if "INFORMATION_SCHEMA" in {part.upper() for part in path}:
            columns, rows = information_schema(self.catalog, query.project, path)
            return Source(KnownTable(path, columns), rows=[tuple(map(_plain, row)) for row in rows])
        entry = self.catalog.table(query.table(path))
        if entry.kind == "EXTERNAL":
            columns = parse_columns(entry.resource["schema"])
            configuration = entry.resource["externalDataConfiguration"]
            return Source(KnownTable(path, columns, _HIDDEN), entry, external=configuration)
        if entry.kind == "VIEW":
            inner = QueryText(entry.resource["view"]["query"], entry.reference.parent.project)
            view = self.resolve(inner, depth + 1)
            return Source(KnownTable(path, view.columns), entry, view=view)
        return Source(KnownTable(path, entry.columns), entry)


def _plain(value: object) -> object:
    """Return a Python value of INFORMATION_SCHEMA as a plain one: TIMESTAMP is microseconds."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return value
