"""Analysis of statements: names, types and the resolved tree."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.parser import parse_tree_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2 as tree_pb2

from analytics_local_cloud.warehouse.api_errors import unsupported
from analytics_local_cloud.warehouse.googlesql.language import Language
from analytics_local_cloud.warehouse.googlesql.query_refusals import refusal
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql, GoogleSqlError
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText
from analytics_local_cloud.warehouse.googlesql.types import output_columns, type_of
from analytics_local_cloud.warehouse.values.column_types import Column

Statement: TypeAlias = tree_pb2.AnyResolvedStatementProto
_KEPT_CATALOGS = 32
_KEPT_STATEMENTS = 256
_SHORT = 8_000  # characters: the tree of a longer statement is not kept


@dataclass(frozen=True)
class KnownTable:
    """A table that a statement may name by `path`; `hidden` columns are no part of `*`."""

    path: tuple[str, ...]
    columns: tuple[Column, ...]
    hidden: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        """What a resolved tree calls the table."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Parameter:
    """A query parameter; positional ones are `_1`, `_2`, … `plain`: see `plain_values`."""

    name: str
    column: Column
    plain: object


@dataclass(frozen=True, eq=False)
class Analyzed:
    """A statement's resolved tree, and what is asked of it more than once."""

    tree: Statement

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns that a query returns; raises `ApiError` for types that are not served."""
        return output_columns(self.tree)

    @cached_property
    def used_columns(self) -> Mapping[str, set[int]]:
        """Which columns of each table the statement reads, by position."""
        used: dict[str, set[int]] = {}
        for scan in table_scans(self.tree):
            used.setdefault(scan.table.name, set()).update(scan.column_index_list)
        return used


class Analyzer:
    """Resolves statements against the tables they name; the same one again costs nothing."""

    def __init__(self, service: GoogleSql) -> None:
        self.service = service
        self.language = Language(service)
        self._paths = lru_cache(_KEPT_STATEMENTS)(self._find_paths)
        self._analyzed = lru_cache(_KEPT_STATEMENTS)(self._analyze)
        self._registered: OrderedDict[tuple[int, tuple[KnownTable, ...]], int] = OrderedDict()

    def table_paths(self, text: StatementText) -> tuple[tuple[str, ...], ...]:
        """Return the paths of the tables a statement names; raises `ApiError`."""
        return self._paths(text) if len(text.sql) <= _SHORT else self._find_paths(text)

    def _find_paths(self, text: StatementText) -> tuple[tuple[str, ...], ...]:
        request = service_pb2.ExtractTableNamesFromStatementRequest(
            sql_statement=text.sql, options=self.language.options
        )
        response = service_pb2.ExtractTableNamesFromStatementResponse
        try:
            answer = self.service.call("ExtractTableNamesFromStatement", request, response)
        except GoogleSqlError as exc:
            if self._is_script(request):
                raise unsupported("scripts of several statements") from exc
            raise refusal(exc, text) from exc
        paths = tuple(tuple(table.table_name_segment) for table in answer.table_name)
        return paths or self._altered(text)

    def _altered(self, text: StatementText) -> tuple[tuple[str, ...], ...]:
        """Return the table of an ALTER TABLE, which is not among what a statement reads."""
        if "ALTER" not in text.sql.upper():
            return ()
        request = service_pb2.ParseRequest(sql_statement=text.sql, options=self.language.options)
        answer = self.service.call("Parse", request, service_pb2.ParseResponse)
        for node in walk(answer.parsed_statement):
            if isinstance(node, parse_tree_pb2.ASTAlterTableStatementProto):
                return (tuple(name.id_string for name in node.parent.path.names),)
        return ()

    def _is_script(self, request: service_pb2.ExtractTableNamesFromStatementRequest) -> bool:
        request.allow_script = True
        response = service_pb2.ExtractTableNamesFromStatementResponse
        try:
            self.service.call("ExtractTableNamesFromStatement", request, response)
        except GoogleSqlError:
            return False
        return True

    def analyze(
        self,
        text: StatementText,
        tables: Sequence[KnownTable],
        parameters: Sequence[Parameter] = (),
    ) -> Analyzed:
        """Resolve a statement; raises `ApiError` for what is wrong with it."""
        types = tuple(replace(parameter, plain=None) for parameter in parameters)
        analyze = self._analyzed if len(text.sql) <= _SHORT else self._analyze
        return analyze(text, tuple(tables), types)

    def _analyze(
        self, text: StatementText, known: tuple[KnownTable, ...], types: tuple[Parameter, ...]
    ) -> Analyzed:
        options = self.options(types)

        def work() -> service_pb2.AnalyzeResponse:
            request = service_pb2.AnalyzeRequest(
                sql_statement=text.sql,
                options=options,
                registered_catalog_id=self.registered(known),
            )
            return self.service.call("Analyze", request, service_pb2.AnalyzeResponse)

        try:
            return Analyzed(self.service.as_one(work).resolved_statement)
        except GoogleSqlError as exc:
            raise refusal(exc, text) from exc

    def options(self, parameters: Sequence[Parameter]) -> options_pb2.AnalyzerOptionsProto:
        """Return the analyzer's options for a statement with these parameters."""
        options = self.language.analyzer()
        for parameter in parameters:
            options.query_parameters.add(name=parameter.name, type=type_of(parameter.column))
        return options

    def registered(self, tables: tuple[KnownTable, ...]) -> int:
        """Return the id of a catalog of these tables, for as long as the module runs."""
        key = self.service.generation, tables
        if key in self._registered:
            self._registered.move_to_end(key)
            return self._registered[key]
        request = service_pb2.RegisterCatalogRequest(simple_catalog=self.catalog(tables))
        answer = self.service.call("RegisterCatalog", request, service_pb2.RegisterResponse)
        self._registered[self.service.generation, tables] = answer.registered_id
        if len(self._registered) > _KEPT_CATALOGS:
            (generation, _), registered = self._registered.popitem(last=False)
            if generation == self.service.generation:
                old = service_pb2.UnregisterRequest(registered_id=registered)
                self.service.release("UnregisterCatalog", old)
        return answer.registered_id

    def catalog(self, tables: Sequence[KnownTable]) -> simple_catalog_pb2.SimpleCatalogProto:
        """Return a catalog in which a statement finds its tables."""
        root = simple_catalog_pb2.SimpleCatalogProto(
            name="root", builtin_function_options=self.language.functions
        )
        for number, table in enumerate(tables, 1):
            place = root
            for part in table.path[:-1]:
                place = _within(place, part)
            entry = place.table.add(
                name=table.name, name_in_catalog=table.path[-1], serialization_id=number
            )
            for column in table.columns:
                entry.column.add(name=column.name, type=type_of(column))
            for column in table.hidden:
                entry.column.add(name=column.name, type=type_of(column), is_pseudo_column=True)
        return root


def _within(
    catalog: simple_catalog_pb2.SimpleCatalogProto, name: str
) -> simple_catalog_pb2.SimpleCatalogProto:
    for inner in catalog.catalog:
        if inner.name.casefold() == name.casefold():
            return inner
    return catalog.catalog.add(name=name)


def walk(message: Message) -> Iterator[Message]:
    """Yield a message and every message within it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            items = value if field.is_repeated else [value]
            for item in items:
                yield from walk(item)


def table_scans(tree: Message) -> list[tree_pb2.ResolvedTableScanProto]:
    """Return the scans of tables in a resolved tree."""
    return [node for node in walk(tree) if isinstance(node, tree_pb2.ResolvedTableScanProto)]
