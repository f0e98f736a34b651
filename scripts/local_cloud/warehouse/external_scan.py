"""The DuckDB relation behind an external table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.local_cloud.warehouse.columns import DUCKDB_TYPES
from scripts.local_cloud.warehouse.external import resolve_external
from scripts.local_cloud.warehouse.references import quote
from scripts.local_cloud.warehouse.sql.names import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from scripts.local_cloud.warehouse.columns import Column
    from scripts.local_cloud.warehouse.external import ExternalTable
    from scripts.local_cloud.warehouse.objects import ObjectReader, StoredFile
    from scripts.local_cloud.warehouse.sql.names import External

_MAX_OBJECT_BYTES = 16_000_000
_TIMESTAMP = """CASE WHEN json_type(json, {path}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')
    THEN make_timestamptz(round(CAST(json->>{path} AS DOUBLE) * 1e6)::BIGINT)
    ELSE CAST(json->>{path} AS TIMESTAMPTZ) END"""


def mount(session: duckdb.DuckDBPyConnection, external: External, objects: ObjectReader) -> None:
    """Create the temporary view `external.name` in the session; raises `ApiError`."""
    table = resolve_external(external.configuration, objects)
    listing = quote(f"{external.name}_files")
    _list_files(session, listing, table)
    parts = [
        _scan(external.name, table, files, compression)
        for compression, files in zip(("gzip", "none"), table.compressed, strict=True)
        if files
    ]
    session.execute(f"SET VARIABLE {external.name}_gzip = ?", [_paths(table.compressed[0])])
    session.execute(f"SET VARIABLE {external.name}_none = ?", [_paths(table.compressed[1])])
    selected = [quote(column.name) for column in table.all_columns]
    selected += [f"uri AS {FILE_NAME}"] if external.with_file_name else []
    union = " UNION ALL ".join(parts)
    session.execute(
        f"CREATE TEMP VIEW {external.name} AS SELECT {', '.join(selected)} "  # noqa: S608 - quoted
        f"FROM ({union}) AS content JOIN {listing} AS listing ON listing.path = content.filename"
    )


def _paths(files: Sequence[StoredFile]) -> list[str]:
    return [str(file.path) for file in files]


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
        f"CREATE TEMP TABLE {listing} AS SELECT {selected}",
        [_paths(table.files), [file.uri for file in table.files], *by_key],
    )


def _scan(name: str, table: ExternalTable, files: Sequence[StoredFile], compression: str) -> str:
    paths = f"getvariable('{name}_{compression}')"
    if table.configuration.get("sourceFormat") == "NEWLINE_DELIMITED_JSON":
        return _scan_json(table, paths, compression)
    return _scan_csv(table, paths, compression)


def _scan_json(table: ExternalTable, paths: str, compression: str) -> str:
    values = ", ".join(_json_value(column) for column in table.columns)
    names = [column.name.lower() for column in table.columns]
    known = ", ".join(_text(name) for name in names)
    unknown = f"list_filter(json_keys(json), lambda key: lower(key) NOT IN ({known}))[1]"
    checks = ["WHEN json_type(json) <> 'OBJECT' THEN error('a line is not a JSON object')"]
    if table.refuses_unknown:
        checks.append(f"WHEN {unknown} IS NOT NULL THEN error('No such field: ' || {unknown})")
    return (
        f"SELECT filename, {values} FROM read_ndjson_objects({paths}, filename = true, "  # noqa: S608
        f"compression = '{compression}', maximum_object_size = {_MAX_OBJECT_BYTES}) "
        f"WHERE CASE {' '.join(checks)} ELSE true END"
    )


def _json_value(column: Column) -> str:
    path = _text("$." + quote(column.name))
    if column.type == "TIMESTAMP":
        value = _TIMESTAMP.format(path=path)
    elif column.type == "JSON":
        value = f"json->{path}"
    else:
        value = f"CAST(json->>{path} AS {DUCKDB_TYPES[column.type]})"
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
