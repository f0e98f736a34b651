"""The DuckDB relation behind an external table: which of its files are opened, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.files.external_tables import ExternalTable, resolve_external
from analytics_local_cloud.warehouse.files.readable_objects import ReadableObjects
from analytics_local_cloud.warehouse.files.stored_files import StoredFile, is_gzip
from analytics_local_cloud.warehouse.files.text_values import read_text
from analytics_local_cloud.warehouse.values.column_types import DUCKDB_TYPES, Column

FILE_NAME = "_FILE_NAME"
_MAX_OBJECT_BYTES = 16_000_000
_NO_TEXT = "\x01"  # stands for NULL in no file: what is absent is decided by type


@dataclass(frozen=True)
class External:
    """An external table that a statement reads: the session mounts it under `name`."""

    name: str
    configuration: Mapping[str, Any]
    with_file_name: bool


def mount(
    session: duckdb.DuckDBPyConnection,
    external: External,
    objects: ReadableObjects,
    wanted: str | None = None,
) -> None:
    """Create the temporary view `external.name` in the session; raises `ApiError`.

    `wanted` is a condition in DuckDB SQL on the hive keys alone: files for which it is false are
    not opened. It only saves work: rows of the others are for the query to leave out.
    """
    # DuckDB would gather thousands of rows, each of which may have megabytes, between two steps.
    session.execute("SET enable_caching_operators = false")
    table = resolve_external(external.configuration, objects)
    if not table.files:
        raise ApiError("invalid", f"{', '.join(table.uris)} matched no files.")
    if wanted is not None:
        table = replace(table, files=_wanted_files(session, table, wanted))
    is_json = table.configuration.get("sourceFormat") == "NEWLINE_DELIMITED_JSON"
    paths = [objects.readable(file) if is_json else file.path for file in table.files]
    listing = quote(f"{external.name}_files")
    keys, parameters = _hive_keys(table, "CAST")
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {listing} AS "
        f"SELECT unnest(?::VARCHAR[]) AS path, unnest(?::VARCHAR[]) AS uri{keys}",
        [[str(path) for path in paths], [file.uri for file in table.files], *parameters],
    )
    packed = {path for path in paths if is_gzip(path)}
    scans = []
    for compression, chosen in (
        ("gzip", [str(path) for path in paths if path in packed]),
        ("none", [str(path) for path in paths if path not in packed]),
    ):
        if chosen:
            variable = f"{external.name}_{compression}"
            session.execute(f"SET VARIABLE {variable} = ?", [chosen])
            scans.append(_scan(table, f"getvariable('{variable}')", compression))
    content = " UNION ALL ".join(scans) or _no_rows(table.columns)
    selected = [quote(column.name) for column in table.all_columns]
    selected += [f"uri AS {FILE_NAME}"] if external.with_file_name else []
    session.execute(
        f"CREATE OR REPLACE TEMP VIEW {external.name} AS SELECT {', '.join(selected)} "  # noqa: S608 - quoted
        f"FROM ({content}) AS content JOIN {listing} AS listing ON listing.path = content.filename"
    )


def _wanted_files(
    session: duckdb.DuckDBPyConnection, table: ExternalTable, wanted: str
) -> tuple[StoredFile, ...]:
    """Return the files that the condition leaves; a key that cannot be read decides nothing."""
    keys, parameters = _hive_keys(table, "TRY_CAST")
    count = len(table.files)
    cursor = session.execute(
        f"SELECT number FROM (SELECT unnest(range({count})) AS number{keys}) "  # noqa: S608 - quoted
        f"WHERE ({wanted}) IS NOT FALSE ORDER BY number",
        parameters,
    )
    return tuple(table.files[number] for (number,) in cursor.fetchall())


def _hive_keys(table: ExternalTable, cast: str) -> tuple[str, Sequence[list[str | None]]]:
    """Return the SQL of the hive columns, and the values of each by file."""
    columns = table.layout.columns
    sql = "".join(
        f", {cast}(unnest(?::VARCHAR[]) AS {DUCKDB_TYPES[column.type]}) AS {quote(column.name)}"
        for column in columns
    )
    rows = [table.layout.values(file.uri) for file in table.files]
    return sql, [[row[position] for row in rows] for position in range(len(columns))]


def _no_rows(columns: Sequence[Column]) -> str:
    values = "".join(f", NULL::{c.duckdb_type} AS {quote(c.name)}" for c in columns)
    return f"SELECT NULL::VARCHAR AS filename{values} WHERE false"


def _scan(table: ExternalTable, paths: str, compression: str) -> str:
    if table.configuration.get("sourceFormat") == "NEWLINE_DELIMITED_JSON":
        return _scan_json(table, paths, compression)
    return _scan_csv(table, paths, compression)


def _scan_json(table: ExternalTable, files: str, compression: str) -> str:
    values = ", ".join(_json_value(column, n) for n, column in enumerate(table.columns, 1))
    # All texts of a line at once: every expression that reads JSON needs megabytes of its own.
    paths = ", ".join(_json_path(column) for column in table.columns)
    names = [column.name.lower() for column in table.columns]
    known = ", ".join(_text(name) for name in names)
    unknown = f"list_filter(json_keys(json), lambda key: lower(key) NOT IN ({known}))[1]"
    checks = ["WHEN json_type(json) <> 'OBJECT' THEN error('a line is not a JSON object')"]
    if table.refuses_unknown:
        checks.append(f"WHEN {unknown} IS NOT NULL THEN error('No such field: ' || {unknown})")
    return (
        f"SELECT filename, {values} FROM ("  # noqa: S608 - quoted
        f"SELECT filename, json, json_extract_string(json, [{paths}]) AS texts "
        f"FROM read_ndjson_objects({files}, filename = true, "
        f"compression = '{compression}', maximum_object_size = {_MAX_OBJECT_BYTES}) "
        f"WHERE CASE {' '.join(checks)} ELSE true END)"
    )


def _json_path(column: Column) -> str:
    return _text("$." + quote(column.name))


def _json_value(column: Column, position: int) -> str:
    is_json = column.type == "JSON"
    value = f"json->{_json_path(column)}" if is_json else read_text(column, f"texts[{position}]")
    return f"{value} AS {quote(column.name)}"


def _scan_csv(table: ExternalTable, paths: str, compression: str) -> str:
    options = table.configuration.get("csvOptions", {})
    columns = ", ".join(f"{_text(column.name)}: 'VARCHAR'" for column in table.columns)
    values = ", ".join(f"{_csv_value(column)} AS {quote(column.name)}" for column in table.columns)
    delimiter = _text(options.get("fieldDelimiter", ","))
    return (
        f"SELECT filename, {values} FROM "  # noqa: S608 - quoted
        f"read_csv({paths}, columns = {{{columns}}}, header = false, "
        f"auto_detect = false, skip = {int(options.get('skipLeadingRows', 0))}, "
        f"delim = {delimiter}, filename = true, compression = '{compression}', "
        f"nullstr = '{_NO_TEXT}')"
    )


def _csv_value(column: Column) -> str:
    name = quote(column.name)
    return name if column.type == "STRING" else read_text(column, f"nullif({name}, '')")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
