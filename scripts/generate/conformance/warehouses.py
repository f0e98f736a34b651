"""Local warehouses to ask, each on a socket of its own."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import uvicorn

from analytics_local_cloud.warehouse import create_app
from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader, StoredFile
from analytics_local_cloud.warehouse.googlesql.evaluation import Evaluation, NotEvaluatedError
from analytics_local_cloud.warehouse.queries.engines import Engines
from analytics_local_cloud.warehouse.queries.fetching import Row, fetch
from analytics_local_cloud.warehouse.queries.query_text import QueryText
from analytics_local_cloud.warehouse.queries.resolution import Resolved
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated, Statement, unwrap
from generate.conformance.asking import MOST_COLUMNS, Endpoint


class OnlyDuckDb(Engines):
    """Answers as if every query read more rows than GoogleSQL's evaluator is given."""

    def rows(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> Iterator[Row]:
        """Yield a query's rows; raises `ApiError`."""
        try:
            sql = self.duckdb_sql(session, query)
        except NotTranslated as exc:
            raise unsupported(exc.what) from exc
        yield from fetch(session, sql, query.columns)


class OnlyEvaluator(Engines):
    """Answers queries over no table, by GoogleSQL's evaluator alone."""

    def rows(self, session: duckdb.DuckDBPyConnection, query: Resolved) -> Iterator[Row]:  # noqa: ARG002
        """Yield a query's rows; raises `ApiError`."""
        try:
            yield from Evaluation(query.text, query.analyzed, {}, {}).rows(self.analyzer)
        except NotEvaluatedError as exc:
            raise unsupported(str(exc)) from exc


@dataclass(frozen=True)
class NoObjects:
    """An empty Cloud Storage."""

    def expand(self, _uri: str) -> Sequence[StoredFile]:
        """Return nothing."""
        return ()


@contextmanager
def local_warehouse(root: Path, engines: type[Engines] = Engines) -> Iterator[Endpoint]:
    """Yield a warehouse with its data in `root`, which is created."""
    root.mkdir(parents=True)
    objects: ObjectReader = NoObjects()
    app = create_app(root / "warehouse", objects)
    warehouse: Warehouse = app.state.warehouse
    warehouse.engines = engines(warehouse.analyzer, warehouse.engines.objects)
    only_duckdb = engines is OnlyDuckDb
    can = partial(translated_columns, warehouse) if only_duckdb else _everything
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield Endpoint(url, can, words=not only_duckdb)
        finally:
            server.should_exit = True
            thread.join()


def _everything(_sql: str) -> Sequence[bool]:
    return [True] * MOST_COLUMNS


def translated_columns(warehouse: Warehouse, sql: str) -> Sequence[bool]:
    """Tell of each column of a query over no table whether there is a translation for DuckDB."""
    try:
        tree = warehouse.resolver.resolve(QueryText(sql, "conformance")).tree
    except ApiError:
        return _everything(sql)
    _, statement = unwrap(tree)
    _, project = unwrap(statement.query)
    made = {item.column.column_id: item.expr for item in project.expr_list}
    return [_is_translated(made.get(o.column.column_id)) for o in statement.output_column_list]


def _is_translated(expression: Any) -> bool:  # noqa: ANN401 - a node
    try:
        Statement({}, {}).expression(expression)
    except NotTranslated:
        return False
    return True
