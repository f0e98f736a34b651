"""A GoogleSQL statement made ready to run in a DuckDB session."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
from sqlglot import exp

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.catalog import Catalog
from analytics_local_cloud.warehouse.catalog.engine import first_line, memory_errors
from analytics_local_cloud.warehouse.catalog.references import DatasetReference
from analytics_local_cloud.warehouse.files.external_scan import mount
from analytics_local_cloud.warehouse.files.readable_objects import ReadableObjects
from analytics_local_cloud.warehouse.sql.bound_parameters import bind_parameters
from analytics_local_cloud.warehouse.sql.output_names import name_outputs
from analytics_local_cloud.warehouse.sql.rewrites import rewrite
from analytics_local_cloud.warehouse.sql.syntax import generate, parse
from analytics_local_cloud.warehouse.sql.table_names import NameResolver


@dataclass(frozen=True)
class QueryText:
    """A statement as a client sent it, with what its names and parameters mean."""

    sql: str
    project: str
    default_dataset: DatasetReference | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    temporary: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def parse(self) -> exp.Expr:
        """Return the syntax tree with parameters bound; raises `ApiError`."""
        tree = parse(self.sql)
        bind_parameters(tree, self.parameters)
        return tree


@dataclass(frozen=True)
class Planner:
    """Resolves names against the catalog and mounts the external tables a statement reads."""

    catalog: Catalog
    objects: ReadableObjects

    def plan(self, session: duckdb.DuckDBPyConnection, query: QueryText, tree: exp.Expr) -> str:
        """Return the statement as DuckDB SQL, valid in `session`; changes `tree`."""
        resolver = self.resolver(query)
        resolver.resolve(tree)
        name_outputs(tree)
        sql = generate(rewrite(tree))
        with query_errors():
            for external in resolver.externals:
                mount(session, external, self.objects)
        return sql

    def resolver(self, query: QueryText) -> NameResolver:
        """Return what turns the statement's table names into references."""
        return NameResolver(
            self.catalog.table, query.project, query.default_dataset, query.temporary
        )


@contextmanager
def query_errors() -> Iterator[None]:
    """Report DuckDB's refusals as BigQuery reports a bad query: one line, `invalidQuery`."""
    try:
        with memory_errors():
            yield
    except duckdb.NotImplementedException as exc:
        raise unsupported(first_line(exc)) from exc
    except duckdb.Error as exc:
        raise ApiError("invalidQuery", first_line(exc), "query") from exc
