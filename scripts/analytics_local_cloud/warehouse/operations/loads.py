"""Load jobs: files or an upload → rows, all or nothing ("JobConfigurationLoad" reference)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import (
    ApiError,
    already_exists,
    not_found,
    unsupported,
)
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.files.external_tables import expand_all
from analytics_local_cloud.warehouse.files.hive import HiveLayout, parse_layout
from analytics_local_cloud.warehouse.files.inference import SAMPLE_ROWS, infer_columns
from analytics_local_cloud.warehouse.files.record_files import FileFormat, Source
from analytics_local_cloud.warehouse.inserts.row_portions import insert_in_portions
from analytics_local_cloud.warehouse.jobs.job_execution import Execution, execute
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord
from analytics_local_cloud.warehouse.operations.table_changes import create_table
from analytics_local_cloud.warehouse.values.column_cells import CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import (
    Column,
    first_unknown,
    parse_columns,
    schema_to_rest,
)
from analytics_local_cloud.warehouse.values.json_rows import Row, RowError, RowReader

_KEPT_ERRORS = 10


@dataclass
class LoadJob:
    """A load job about to run. Rows are staged beside the table, then moved in one transaction.

    `layout` adds the hive keys of the files' names to the columns.
    """

    warehouse: Warehouse
    execution: Execution
    table: TableReference
    sources: Sequence[Source]
    layout: HiveLayout
    bad: list[ApiError] = field(default_factory=list)
    bad_records: int = 0

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The `JobConfigurationLoad`."""
        return dict(self.execution.configuration["load"])

    def run(self, session: duckdb.DuckDBPyConnection) -> JobRecord:
        """Load the files and record the job; raises `ApiError` having changed nothing."""
        self.warehouse.jobs.count_modification(session, self.table)
        file_format = FileFormat.from_rest(self.configuration)
        file_columns = self._columns(file_format)
        columns = (*file_columns, *self.layout.columns)
        staged = ", ".join(f"{quote(c.name)} {c.duckdb_type}" for c in columns)
        session.execute(f"CREATE TEMP TABLE _staged ({staged})")
        rows = self._rows(file_format, file_columns)
        count = insert_in_portions(session, "_staged", columns, rows)
        with self.warehouse.engine.transaction(session) as transaction:
            self._move(transaction, columns)
            return self.execution.finish(
                transaction, self._statistics(count), errors=self.bad, modified=self.table
            )

    def _columns(self, file_format: FileFormat) -> tuple[Column, ...]:
        declared = parse_columns(self.configuration.get("schema"))
        if declared:
            return declared
        if self.warehouse.catalog.has_table(self.table):
            keys = {column.name for column in self.layout.columns}
            known = self.warehouse.catalog.table(self.table).columns
            return tuple(column for column in known if column.name not in keys)
        if not self.configuration.get("autodetect"):
            raise ApiError("invalid", "No schema specified on job or table.", self.table.label)
        records = (record for source in self.sources for record in file_format.records(source, []))
        sample = islice((r for r in records if not isinstance(r, RowError)), SAMPLE_ROWS)
        try:
            return infer_columns(map(file_format.sample, sample))
        except CellError as exc:
            raise ApiError("invalid", str(exc), self.table.label) from exc

    def _rows(self, file_format: FileFormat, columns: Sequence[Column]) -> Iterator[Row]:
        ignore = bool(self.configuration.get("ignoreUnknownValues"))
        reader = RowReader(columns, ignore_unknown=ignore, convert=file_format.convert)
        header = [] if self.configuration.get("autodetect") else [c.name for c in columns]
        for source in self.sources:
            keys = self._keys(source)
            for record in file_format.records(source, header):
                try:
                    if isinstance(record, RowError):
                        raise record
                    yield (*reader.read(record), *keys)
                except RowError as error:
                    self._count_bad(error, source)

    def _keys(self, source: Source) -> Row:
        values = zip(self.layout.columns, self.layout.values(source.name), strict=True)
        try:
            return tuple(to_cell(column.type, value) for column, value in values)
        except CellError as exc:
            raise ApiError("invalid", str(exc), source.name) from exc

    def _count_bad(self, error: RowError, source: Source) -> None:
        """Count a bad record; raises `ApiError` (invalid) when there are too many."""
        self.bad_records += 1
        if len(self.bad) < _KEPT_ERRORS:
            self.bad += [ApiError("invalid", e.message, source.name) for e in error.errors]
        if self.bad_records > int(self.configuration.get("maxBadRecords") or 0):
            text = f"Error while reading data, error message: too many errors, giving up. {error}"
            raise ApiError("invalid", text, source.name)

    def _move(self, transaction: Transaction, columns: Sequence[Column]) -> None:
        """Apply the dispositions and move the staged rows into the table."""
        write = self.configuration.get("writeDisposition", "WRITE_APPEND")
        connection, table = transaction.connection, self.table
        body = {key: self.configuration.get(key) for key in ("timePartitioning", "clustering")}
        body = {"schema": schema_to_rest(columns), **{k: v for k, v in body.items() if v}}
        if not self.warehouse.catalog.has_table(table):
            if self.configuration.get("createDisposition") == "CREATE_NEVER":
                raise not_found("Table", table.label)
            create_table(self.warehouse, transaction, table, body)
        elif write == "WRITE_TRUNCATE":
            body = {**self.warehouse.catalog.table(table).resource, **body}
            create_table(self.warehouse, transaction, table, body, replace=True)
        else:
            self._check_append(connection, columns, empty_only=write == "WRITE_EMPTY")
        try:
            connection.execute(f"INSERT INTO {table.physical} BY NAME FROM _staged")
        except duckdb.ConstraintException as exc:
            raise ApiError("invalid", f"Missing required field: {exc}", table.label) from exc

    def _check_append(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], *, empty_only: bool
    ) -> None:
        entry = self.warehouse.catalog.table(self.table)
        if entry.kind != "TABLE":
            raise ApiError("invalid", f"Cannot load into {self.table.label}: it is no table")
        if unknown := first_unknown(columns, entry.columns):
            text = f"Provided Schema does not match Table {self.table.label}."
            raise ApiError("invalid", f"{text} Cannot add fields (field: {unknown})")
        query = f"SELECT 1 FROM {self.table.physical} LIMIT 1"  # noqa: S608 - quoted name
        if empty_only and connection.execute(query).fetchone():
            raise already_exists("Table", self.table.label)

    def _statistics(self, rows: int) -> dict[str, Any]:
        size = sum(source.path.stat().st_size for source in self.sources)
        load = {
            "inputFiles": str(len(self.sources)),
            "inputFileBytes": str(size),
            "outputRows": str(rows),
            "outputBytes": str(size),
            "badRecords": str(self.bad_records),
        }
        return {"load": load}


def run_load(warehouse: Warehouse, execution: Execution, upload: Path | None = None) -> JobRecord:
    """Run a load job over its `sourceUris`, or over an uploaded file, to its end."""
    configuration = execution.configuration["load"]
    project = execution.reference.project
    table = TableReference.from_rest(configuration.get("destinationTable") or {}, project)

    def work(session: duckdb.DuckDBPyConnection) -> JobRecord:
        if configuration.get("schemaUpdateOptions"):
            raise unsupported("schemaUpdateOptions")
        warehouse.catalog.dataset(table.parent)
        sources = _sources(warehouse, configuration, upload)
        options = configuration.get("hivePartitioningOptions")
        uris = [source.name for source in sources]
        layout = parse_layout(options, uris) if options else HiveLayout("", ())
        return LoadJob(warehouse, execution, table, sources, layout).run(session)

    return execute(warehouse.engine, execution, work, modified=table)


def _sources(
    warehouse: Warehouse, configuration: Mapping[str, Any], upload: Path | None
) -> list[Source]:
    if upload is not None:
        return [Source("upload", upload)]
    uris = configuration.get("sourceUris") or ()
    files = expand_all(warehouse.objects, uris)
    if not files:
        raise not_found("URI", ", ".join(uris))
    return [Source(file.uri, file.path) for file in files]
