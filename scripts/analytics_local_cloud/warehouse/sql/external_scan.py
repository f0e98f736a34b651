"""The DuckDB relation behind an external table."""

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.references import quote
from analytics_local_cloud.warehouse.files.external_tables import ExternalTable, resolve_external
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader, is_gzip
from analytics_local_cloud.warehouse.sql.table_names import FILE_NAME, External
from analytics_local_cloud.warehouse.values.column_types import DUCKDB_TYPES, Column

_MAX_OBJECT_BYTES = 16_000_000
_TIMESTAMP = """CASE WHEN json_type(json, {path}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')
    THEN make_timestamptz(round(CAST(json->>{path} AS DOUBLE) * 1e6)::BIGINT)
    ELSE CAST(json->>{path} AS TIMESTAMPTZ) END"""


def mount(session: duckdb.DuckDBPyConnection, external: External, objects: ObjectReader) -> None:
    """Create the temporary view `external.name` in the session; raises `ApiError`."""
    table = resolve_external(external.configuration, objects)
    if not table.files:
        raise ApiError("invalid", f"{', '.join(table.uris)} matched no files.")
    listing = quote(f"{external.name}_files")
    _list_files(session, listing, table)
    packed = {file.path for file in table.files if is_gzip(file)}
    scans = []
    for compression, paths in (
        ("gzip", [str(file.path) for file in table.files if file.path in packed]),
        ("none", [str(file.path) for file in table.files if file.path not in packed]),
    ):
        if paths:
            variable = f"{external.name}_{compression}"
            session.execute(f"SET VARIABLE {variable} = ?", [paths])
            scans.append(_scan(table, f"getvariable('{variable}')", compression))
    selected = [quote(column.name) for column in table.all_columns]
    selected += [f"uri AS {FILE_NAME}"] if external.with_file_name else []
    session.execute(
        f"CREATE OR REPLACE TEMP VIEW {external.name} AS SELECT {', '.join(selected)} "  # noqa: S608 - quoted
        f"FROM ({' UNION ALL '.join(scans)}) AS content "
        f"JOIN {listing} AS listing ON listing.path = content.filename"
    )


def _list_files(session: duckdb.DuckDBPyConnection, listing: str, table: ExternalTable) -> None:
    """Keep path, URI and hive keys of each file where the view can join them."""
    keys = [table.layout.values(file.uri) for file in table.files]
    values = [
        f"CAST(unnest(?::VARCHAR[]) AS {DUCKDB_TYPES[column.type]}) AS {quote(column.name)}"
        for column in table.layout.columns
    ]
    selected = ", ".join(["unnest(?) AS path", "unnest(?) AS uri", *values])
    by_key = [[row[position] for row in keys] for position in range(len(values))]
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {listing} AS SELECT {selected}",
        [[str(file.path) for file in table.files], [file.uri for file in table.files], *by_key],
    )


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
        f"SELECT filename, {values} FROM ("  # noqa: S608
        f"SELECT filename, json, json_extract_string(json, [{paths}]) AS texts "
        f"FROM read_ndjson_objects({files}, filename = true, "
        f"compression = '{compression}', maximum_object_size = {_MAX_OBJECT_BYTES}) "
        f"WHERE CASE {' '.join(checks)} ELSE true END)"
    )


def _json_path(column: Column) -> str:
    return _text("$." + quote(column.name))


def _json_value(column: Column, position: int) -> str:
    path = _json_path(column)
    if column.type == "TIMESTAMP":
        value = _TIMESTAMP.format(path=path)
    elif column.type == "JSON":
        value = f"json->{path}"
    else:
        value = f"CAST(texts[{position}] AS {DUCKDB_TYPES[column.type]})"
    return f"{value} AS {quote(column.name)}"


def _scan_csv(table: ExternalTable, paths: str, compression: str) -> str:
    options = table.configuration.get("csvOptions", {})
    columns = ", ".join(
        f"{_text(column.name)}: '{DUCKDB_TYPES[column.type]}'" for column in table.columns
    )
    delimiter = _text(options.get("fieldDelimiter", ","))
    return (
        f"SELECT * FROM read_csv({paths}, columns = {{{columns}}}, header = false, "  # noqa: S608
        f"auto_detect = false, skip = {int(options.get('skipLeadingRows', 0))}, "
        f"delim = {delimiter}, filename = true, compression = '{compression}')"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
