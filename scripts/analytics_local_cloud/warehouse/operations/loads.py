"""Load jobs: files or an upload → rows, all or nothing ("JobConfigurationLoad" reference)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, not_found, unsupported
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.references import TableReference, quote
from analytics_local_cloud.warehouse.files.external_tables import expand_all
from analytics_local_cloud.warehouse.files.hive import HiveLayout, parse_layout
from analytics_local_cloud.warehouse.files.inference import SAMPLE_ROWS, infer_columns
from analytics_local_cloud.warehouse.files.parquet_files import insert_parquet, parquet_columns
from analytics_local_cloud.warehouse.files.record_files import FileFormat, Source
from analytics_local_cloud.warehouse.inserts.row_portions import insert_in_portions
from analytics_local_cloud.warehouse.jobs.job_execution import Execution, execute
from analytics_local_cloud.warehouse.jobs.job_records import JobRecord
from analytics_local_cloud.warehouse.operations.load_targets import check_schema, prepare_target
from analytics_local_cloud.warehouse.values.column_cells import CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns
from analytics_local_cloud.warehouse.values.json_rows import Row, RowError, RowReader

_KEPT_ERRORS = 10
_STAGED = "_staged"


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
        check_schema(self.warehouse, self.table, self.configuration)
        if file_format.kind == "PARQUET":
            columns, count = self._stage_parquet(session)
        else:
            columns, count = self._stage_records(session, file_format)
        with self.warehouse.engine.transaction(session) as transaction:
            prepare_target(self.warehouse, transaction, self.table, self.configuration, columns)
            self._move(session)
            return self.execution.finish(
                transaction, self._statistics(count), errors=self.bad, modified=self.table
            )

    def _stage_records(
        self, session: duckdb.DuckDBPyConnection, file_format: FileFormat
    ) -> tuple[tuple[Column, ...], int]:
        """Write the files' rows to a temporary table; returns its columns, and their number."""
        file_columns = self._columns(file_format)
        columns = (*file_columns, *self.layout.columns)
        if file_format.kind == "CSV" and any(c.fields or c.repeated for c in columns):
            raise ApiError("invalid", "CSV files hold no RECORD or REPEATED columns.")
        _create_staged(session, columns)
        rows = self._rows(file_format, file_columns)
        return columns, insert_in_portions(session, _STAGED, columns, rows)

    def _stage_parquet(self, session: duckdb.DuckDBPyConnection) -> tuple[tuple[Column, ...], int]:
        if self.layout.columns:
            raise unsupported("hive partitioning of Parquet files")
        paths = [source.path for source in self.sources]
        options = self.configuration.get("parquetOptions") or {}
        found = parquet_columns(session, paths, lists=bool(options.get("enableListInference")))
        declared = parse_columns(self.configuration.get("schema"))
        known = {column.name.casefold(): column for column in declared or self._known_columns()}
        ignored = declared and self.configuration.get("ignoreUnknownValues")
        further = [c for c in found if not ignored and c.name.casefold() not in known]
        held = {column.name.casefold() for column in found}
        columns = [c for c in known.values() if declared or c.name.casefold() in held]
        _create_staged(session, (*columns, *further))
        count = insert_parquet(session, _STAGED, (*columns, *further), paths, found)
        return (*columns, *further), count

    def _columns(self, file_format: FileFormat) -> tuple[Column, ...]:
        declared = parse_columns(self.configuration.get("schema"))
        if declared:
            return declared
        known = self._known_columns()
        if known:
            keys = {column.name for column in self.layout.columns}
            return tuple(column for column in known if column.name not in keys)
        if not self.configuration.get("autodetect"):
            raise ApiError("invalid", "No schema specified on job or table.", self.table.label)
        return self._detected(file_format)

    def _known_columns(self) -> tuple[Column, ...]:
        catalog = self.warehouse.catalog
        return catalog.table(self.table).columns if catalog.has_table(self.table) else ()

    def _detected(self, file_format: FileFormat) -> tuple[Column, ...]:
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

    def _move(self, session: duckdb.DuckDBPyConnection) -> None:
        try:
            session.execute(f"INSERT INTO {self.table.physical} BY NAME FROM {_STAGED}")
        except duckdb.ConstraintException as exc:
            raise ApiError("invalid", f"Missing required field: {exc}", self.table.label) from exc

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
        warehouse.catalog.dataset(table.parent)
        sources = _sources(warehouse, configuration, upload)
        options = configuration.get("hivePartitioningOptions")
        uris = [source.name for source in sources]
        layout = parse_layout(options, uris) if options else HiveLayout("", ())
        return LoadJob(warehouse, execution, table, sources, layout).run(session)

    return execute(warehouse.engine, execution, work, modified=table)


def _create_staged(session: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> None:
    staged = ", ".join(f"{quote(c.name)} {c.duckdb_type}" for c in columns)
    session.execute(f"CREATE TEMP TABLE {_STAGED} ({staged})")


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
