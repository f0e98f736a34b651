"""Table names of a statement → tables of the DuckDB file, views in line, external tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.files.external_scan import FILE_NAME, External
from analytics_local_cloud.warehouse.sql.syntax import parse

_MAX_VIEW_DEPTH = 16  # BigQuery's own limit
_KEPT = ("alias", "joins", "laterals", "pivots", "sample")


@dataclass
class NameResolver:
    """Resolves the tables of one statement; `externals` collects what it met."""

    find: Callable[[TableReference], TableEntry]
    project: str
    default_dataset: DatasetReference | None = None
    temporary: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    externals: list[External] = field(default_factory=list)

    def resolve(self, tree: exp.Expr, depth: int = 0) -> None:
        """Point every table of the tree to what holds its rows; raises `ApiError`."""
        if depth > _MAX_VIEW_DEPTH:
            raise ApiError("invalidQuery", "Too many nested views", "query")
        local = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
        file_names = any(c.name.upper() == FILE_NAME for c in tree.find_all(exp.Column))
        for table in list(tree.find_all(exp.Table)):
            if not isinstance(table.this, exp.Identifier):
                raise ApiError("invalidQuery", f"Table-valued function not found: {table.this}")
            if not table.db and table.name.casefold() in local:
                continue
            self._replace(table, depth, with_file_name=file_names)

    def _replace(self, table: exp.Table, depth: int, *, with_file_name: bool) -> None:
        if not table.alias and not _is_target(table):
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        if not table.db and table.name in self.temporary:
            self._mount(table, self.temporary[table.name], with_file_name=with_file_name)
            return
        entry = self.find(self.reference(table))
        if entry.kind == "EXTERNAL":
            configuration = entry.resource["externalDataConfiguration"]
            self._mount(table, configuration, with_file_name=with_file_name)
        elif entry.kind == "VIEW":
            view = parse(entry.resource["view"]["query"])
            inner = NameResolver(
                self.find, entry.reference.parent.project, externals=self.externals
            )
            inner.resolve(view, depth + 1)
            kept = {key: table.args[key] for key in _KEPT if table.args.get(key)}
            table.replace(exp.Subquery(this=view, **kept))
        else:
            _point(table, entry.reference)

    def _mount(self, table: exp.Table, config: Mapping[str, Any], *, with_file_name: bool) -> None:
        external = External(f"_external_{len(self.externals)}", config, with_file_name)
        self.externals.append(external)
        if with_file_name:
            _hide_file_name(table)
        for part in ("db", "catalog"):
            table.set(part, None)
        table.set("this", exp.to_identifier(external.name))

    def reference(self, table: exp.Table) -> TableReference:
        """Return the full name of a table; raises `ApiError` when its dataset is not given."""
        if "INFORMATION_SCHEMA" in f"{table.db}.{table.name}".upper():
            raise unsupported("INFORMATION_SCHEMA: use `bq ls`, `bq show` or the REST API")
        if "*" in table.name or table.args.get("version"):
            raise unsupported("wildcard tables and FOR SYSTEM_TIME")
        if table.db:
            parent = DatasetReference(table.catalog or self.project, table.db)
        elif self.default_dataset is not None:
            parent = self.default_dataset
        else:
            text = f'Table "{table.name}" must be qualified with a dataset (e.g. dataset.table).'
            raise ApiError("invalid", text, table.name)
        return TableReference(parent, table.name)


def _is_target(table: exp.Table) -> bool:
    return isinstance(
        table.parent, (exp.Insert, exp.Schema, exp.TruncateTable, exp.Create, exp.Drop)
    )


def _point(table: exp.Table, reference: TableReference) -> None:
    table.set("this", exp.to_identifier(reference.table, quoted=True))
    table.set("db", exp.to_identifier(reference.parent.schema, quoted=True))
    table.set("catalog", None)


def _hide_file_name(table: exp.Table) -> None:
    """Keep the pseudo column out of `SELECT *`."""
    select = table.parent_select
    for star in select.expressions if select else ():
        if isinstance(star, exp.Star):
            hidden = [*(star.args.get("except_") or ()), exp.column(FILE_NAME)]
            star.set("except_", hidden)
