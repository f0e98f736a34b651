"""Queries over few rows, evaluated by GoogleSQL's reference implementation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.parser import parse_tree_pb2

from analytics_local_cloud.warehouse.googlesql.analysis import (
    Analyzed,
    Analyzer,
    KnownTable,
    Parameter,
    table_scans,
    walk,
)
from analytics_local_cloud.warehouse.googlesql.format_elements import unknown_formats
from analytics_local_cloud.warehouse.googlesql.protobuf_values import from_value, to_value
from analytics_local_cloud.warehouse.googlesql.query_refusals import is_own_limit, refusal
from analytics_local_cloud.warehouse.googlesql.service import BrokenOffError, GoogleSqlError
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText

_SECONDS = 3.0
Rows = Sequence[Sequence[Any]]  # of plain values


class NotEvaluatedError(Exception):
    """The reference implementation gives up on a query that BigQuery may answer."""


@dataclass(frozen=True)
class Evaluation:
    """A query, what it was resolved to, and the rows of the tables it reads."""

    text: StatementText
    analyzed: Analyzed
    tables: Mapping[str, KnownTable]
    contents: Mapping[str, Rows]
    parameters: Sequence[Parameter] = ()

    def rows(self, analyzer: Analyzer) -> list[tuple[Any, ...]]:
        """Return the query's rows, of plain values; raises `ApiError`, `NotEvaluatedError`."""
        plain = {parameter.name: parameter.plain for parameter in self.parameters}
        for unknown in unknown_formats(self.analyzed.tree, plain):
            raise NotEvaluatedError(unknown)
        names = {name: f"table_{number}" for number, name in enumerate(self.tables)}
        known = [
            KnownTable((names[name],), table.columns, table.hidden)
            for name, table in self.tables.items()
        ]
        contents = {
            names[name]: _content(self.tables[name], rows) for name, rows in self.contents.items()
        }
        request = service_pb2.PrepareQueryRequest(
            sql=self._flat_sql(analyzer, names),
            options=analyzer.options(self.parameters),
            table_content=contents,
        )
        try:
            return analyzer.service.as_one(lambda: self._evaluate(analyzer, request, known))
        except BrokenOffError as exc:
            raise NotEvaluatedError(str(exc)) from exc
        except GoogleSqlError as exc:
            if is_own_limit(exc):
                raise NotEvaluatedError(exc.message) from exc
            raise refusal(exc, self.text) from exc

    def _evaluate(
        self,
        analyzer: Analyzer,
        request: service_pb2.PrepareQueryRequest,
        known: Sequence[KnownTable],
    ) -> list[tuple[Any, ...]]:
        call = analyzer.service.call
        if known:
            request.simple_catalog.CopyFrom(analyzer.catalog(known))
        else:  # a new catalog takes longer than most queries, but contents have no other place
            request.registered_catalog_id = analyzer.registered(())
        state = call("PrepareQuery", request, service_pb2.PrepareQueryResponse).prepared
        try:
            wanted = service_pb2.EvaluateQueryRequest(prepared_query_id=state.prepared_query_id)
            for parameter in self.parameters:
                value = to_value(parameter.column, parameter.plain)
                wanted.params.add(name=parameter.name, value=value)
            answer = call("EvaluateQuery", wanted, service_pb2.EvaluateQueryResponse, _SECONDS)
        finally:
            unused = service_pb2.UnprepareQueryRequest(prepared_query_id=state.prepared_query_id)
            analyzer.service.release("UnprepareQuery", unused)
        columns = self.analyzed.columns
        return [
            tuple(from_value(column, cell) for column, cell in zip(columns, row.cell, strict=True))
            for row in answer.content.table_data.row
        ]

    def _flat_sql(self, analyzer: Analyzer, names: Mapping[str, str]) -> str:
        """Name tables without their path: the evaluator finds contents in no other way."""
        if not names:
            return self.text.sql
        aliased = _aliased_paths(analyzer, self.text)
        sql = self.text.sql.encode()
        places = {}
        for scan in table_scans(self.analyzed.tree):
            place = scan.parent.parent.parse_location_range
            places[place.start, place.end] = scan.table.name
        for (start, end), name in sorted(places.items(), reverse=True):
            alias = "" if (start, end) in aliased else f" AS `{self.tables[name].path[-1]}`"
            sql = sql[:start] + f"`{names[name]}`{alias}".encode() + sql[end:]
        return sql.decode()


def _aliased_paths(analyzer: Analyzer, text: StatementText) -> set[tuple[int, int]]:
    """Return where the paths stand that have an alias of their own."""
    request = service_pb2.ParseRequest(sql_statement=text.sql, options=analyzer.language.options)
    answer = analyzer.service.call("Parse", request, service_pb2.ParseResponse)
    found = set()
    for node in walk(answer.parsed_statement):
        if isinstance(node, parse_tree_pb2.ASTTablePathExpressionProto) and node.HasField("alias"):
            place = node.path_expr.parent.parent.parent.parse_location_range
            found.add((place.start, place.end))
    return found


def _content(table: KnownTable, rows: Rows) -> service_pb2.TableContent:
    content = service_pb2.TableContent()
    content.table_data.SetInParent()
    columns = (*table.columns, *table.hidden)
    for row in rows:
        cells = (to_value(column, plain) for column, plain in zip(columns, row, strict=True))
        content.table_data.row.add().cell.extend(cells)
    return content
