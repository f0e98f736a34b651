"""The rows of a query: exactly, by GoogleSQL's evaluator, or of any number, by DuckDB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.files.external_scan import External, mount
from analytics_local_cloud.warehouse.files.readable_objects import ReadableObjects
from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer, KnownTable
from analytics_local_cloud.warehouse.googlesql.evaluation import Evaluation, NotEvaluatedError
from analytics_local_cloud.warehouse.queries.fetching import Row, fetch, literals
from analytics_local_cloud.warehouse.queries.hive_filters import wanted_files
from analytics_local_cloud.warehouse.queries.null_elements import refuse_null_elements
from analytics_local_cloud.warehouse.queries.query_errors import query_errors
from analytics_local_cloud.warehouse.queries.resolution import Resolved, Source
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.queries import translate_query
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.plain_values import written_rows

STAGED = "_staged"  # the session's temporary table with the rows of `Engines.stage`
# Of all tables together: more than few are DuckDB's if it can; the evaluator needs 0.1 ms for each.
_FEW_ROWS, _MOST_ROWS = 100, 2_000
_MOST_BYTES = 2_000_000


class TooMuchError(Exception):
    """The tables of a query hold more than GoogleSQL's evaluator is given."""


@dataclass(frozen=True)
class Engines:
    """Runs resolved queries in a session."""

    analyzer: Analyzer
    objects: ReadableObjects

    def rows(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> Iterator[Row]:
        """Return a query's rows; raises `ApiError` for what is wrong with it, or not known here."""
        if sql := self.plain_sql(session, query):
            return fetch(session, sql, query.columns)
        try:
            return iter(_Evaluated(self, session, _FEW_ROWS).rows(query))
        except NotEvaluatedError as exc:
            return fetch(session, self._sql(session, query, exc), query.columns)
        except TooMuchError as exc:
            return self._many(session, query, exc)

    def _many(
        self, session: duckdb.DuckDBPyConnection, query: Resolved, why: Exception
    ) -> Iterator[Row]:
        """Return the rows from DuckDB; what it cannot do, from the evaluator after all."""
        try:
            rows = fetch(session, self._sql(session, query, why), query.columns)
            return chain([*islice(rows, 1)], rows)
        except ApiError as exc:
            try:
                return iter(_Evaluated(self, session).rows(query))
            except (NotEvaluatedError, TooMuchError):
                raise exc from None

    def stage(
        self, session: duckdb.DuckDBPyConnection, query: Resolved, columns: Sequence[Column]
    ) -> None:
        """Write a query's rows to the session's table STAGED, whose columns are these."""
        given: list[object] = []
        try:
            if sql := self.plain_sql(session, query):
                source = _named(sql, columns)
            else:
                source, encoded = written_rows(columns, _Evaluated(self, session).rows(query))
                given = [encoded]
        except (NotEvaluatedError, TooMuchError) as exc:
            source = _named(self._sql(session, query, exc), columns)
        with query_errors():
            session.execute(f"CREATE TEMP TABLE {STAGED} AS {source}", given)
            refuse_null_elements(session, STAGED, columns, query.columns)

    def plain_sql(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> str | None:
        """Return `duckdb_sql` where it is as exact as the evaluator, which takes far longer."""
        try:
            return self.duckdb_sql(session, query) if query.is_plain else None
        except NotTranslated:
            return None

    def _sql(self, session: duckdb.DuckDBPyConnection, query: Resolved, why: Exception) -> str:
        try:
            return self.duckdb_sql(session, query)
        except NotTranslated as exc:
            scale = " over this much data" if isinstance(why, TooMuchError) else ""
            raise unsupported(f"{exc.what}{scale}") from exc

    def duckdb_sql(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> str:
        """Return a query for DuckDB, of columns c0, c1, …; raises `ApiError`, `NotTranslated`."""
        return translate_query(query.tree, self.relations(session, query), literals(query))

    def relations(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> dict[str, str]:
        """Return what stands for each table of a statement in DuckDB; mounts external ones."""
        used = query.analyzed.used_columns
        found = {}
        for name, source in query.sources.items():
            if name in used:
                found[name] = self.relation(session, query, source)
        return found

    def relation(self, session: duckdb.DuckDBPyConnection, query: Resolved, source: Source) -> str:
        """Return what stands for one table of a statement."""
        if source.external is not None:
            return self._mounted(session, query, source)
        if source.view is not None:
            columns = enumerate(source.known.columns)
            named = ", ".join(f"c{n} AS {quote(column.name)}" for n, column in columns)
            return f"(SELECT {named} FROM ({self.duckdb_sql(session, source.view)}))"  # noqa: S608 - generated
        if source.rows is not None:
            return _written(session, source.known.columns, source.rows)
        if source.entry is None:
            raise unsupported(f"{source.known.name} in this statement")
        return source.entry.reference.physical

    def _mounted(self, session: duckdb.DuckDBPyConnection, query: Resolved, source: Source) -> str:
        name = f"_external_{abs(hash((source.known.path, id(query))))}"
        external = External(name, source.external or {}, with_file_name=True)
        with query_errors():
            mount(session, external, self.objects, wanted_files(query, source, literals(query)))
        return name


def _written(
    session: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: Sequence[Row]
) -> str:
    """Make a table of these rows in the session; returns its name there."""
    sql, encoded = written_rows(columns, rows)
    name = f"_rows_{abs(hash(columns))}"
    session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", [encoded])
    return name


def _named(sql: str, columns: Sequence[Column]) -> str:
    """Return a query with these columns instead of c0, c1, …."""
    typed = ", ".join(
        f"c{n}::{column.duckdb_type} AS {quote(column.name)}" for n, column in enumerate(columns)
    )
    return f"SELECT {typed} FROM ({sql})"  # noqa: S608 - quoted


@dataclass
class _Evaluated:
    """One query by GoogleSQL's evaluator, and the views in it, within one measure of data."""

    engines: Engines
    session: duckdb.DuckDBPyConnection
    most_rows: int = _MOST_ROWS
    views: dict[int, list[Row]] = field(default_factory=dict)
    read_rows: int = 0
    read_bytes: int = 0

    def rows(self, query: Resolved) -> list[Row]:
        contents: dict[str, list[Row]] = {}
        tables: dict[str, KnownTable] = {}
        for name, positions in query.analyzed.used_columns.items():
            source = query.sources[name]
            tables[name] = source.known
            contents[name] = self._content(query, source, positions)
        evaluation = Evaluation(query.text, query.analyzed, tables, contents, query.parameters)
        return evaluation.rows(self.engines.analyzer)

    def _content(self, query: Resolved, source: Source, positions: set[int]) -> list[Row]:
        if source.view is not None:
            return self._view(source.view)
        if source.rows is not None:
            return source.rows
        columns = (*source.known.columns, *source.known.hidden)
        relation = self.engines.relation(self.session, query, source)
        chosen = sorted(positions)
        names = ", ".join(f"{quote(columns[n].name)} AS c{place}" for place, n in enumerate(chosen))
        sql = f"SELECT {names or 'NULL AS c0'} FROM {relation}"  # noqa: S608 - quoted
        read = [columns[n] for n in chosen]
        found = []
        for row in self._fetched(sql, read):
            values = dict(zip(chosen, row, strict=False))
            found.append(tuple(values.get(n) for n in range(len(columns))))
        return found

    def _view(self, view: Resolved) -> list[Row]:
        if id(view) not in self.views:
            sql = self.engines.plain_sql(self.session, view)
            self.views[id(view)] = self._fetched(sql, view.columns) if sql else self.rows(view)
        return self.views[id(view)]

    def _fetched(self, sql: str, columns: Sequence[Column]) -> list[Row]:
        found = []
        for row in fetch(self.session, sql, columns, few=True):
            self._count(row)
            found.append(row)
        return found

    def _count(self, row: Row) -> None:
        self.read_rows += 1
        self.read_bytes += sum(len(v) for v in row if isinstance(v, (str, bytes, list)))
        if self.read_rows > self.most_rows or self.read_bytes > _MOST_BYTES:
            raise TooMuchError
