"""External tables: a temporary view over the files of matching objects, read on each query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.files.hive import HiveLayout, parse_layout
from analytics_local_cloud.warehouse.files.inference import SAMPLE_ROWS, infer_columns
from analytics_local_cloud.warehouse.files.stored_files import (
    ObjectReader,
    StoredFile,
    json_lines,
)
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns

_FORMATS = {"NEWLINE_DELIMITED_JSON", "CSV"}


@dataclass(frozen=True)
class ExternalTable:
    """An `ExternalDataConfiguration` resolved against what is stored now.

    `columns` are read from the files, `layout` adds the hive keys.
    """

    configuration: Mapping[str, Any]
    files: tuple[StoredFile, ...]
    columns: tuple[Column, ...]
    layout: HiveLayout

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The table's columns as queries see them."""
        return (*self.columns, *self.layout.columns)

    @property
    def uris(self) -> list[str]:
        """The patterns that the table reads."""
        return list(self.configuration.get("sourceUris", ()))

    @property
    def refuses_unknown(self) -> bool:
        """Whether a field outside the schema fails the query.

        With `autodetect` beside a schema, which is what `bq --external_table_definition=name::…`
        sends, the given columns win and further fields are ignored, as the command is documented.
        """
        lenient = self.configuration.get("ignoreUnknownValues")
        return not lenient and not self.configuration.get("autodetect")


def resolve_external(configuration: Mapping[str, Any], objects: ObjectReader) -> ExternalTable:
    """List the files and settle the columns; raises `ApiError` for what cannot be read."""
    kind = configuration.get("sourceFormat", "CSV")
    if kind not in _FORMATS:
        raise unsupported(f"external tables of format {kind}")
    if configuration.get("maxBadRecords"):
        raise unsupported("maxBadRecords on external tables")
    files = expand_all(objects, configuration.get("sourceUris", ()))
    options = configuration.get("hivePartitioningOptions")
    layout = parse_layout(options, [file.uri for file in files]) if options else HiveLayout("", ())
    columns = parse_columns(configuration.get("schema"))
    if not columns and configuration.get("autodetect") and kind == "NEWLINE_DELIMITED_JSON":
        columns = infer_columns(islice(_objects(files), SAMPLE_ROWS))
    if not columns:
        raise ApiError("invalid", "External tables need a schema, or autodetect over JSON files")
    if any(column.fields or column.repeated for column in columns):
        raise unsupported("RECORD or REPEATED columns of external tables")
    return ExternalTable(configuration, files, columns, layout)


def expand_all(objects: ObjectReader, uris: Sequence[str]) -> tuple[StoredFile, ...]:
    """Return the objects of all patterns; raises `ApiError` (invalid) for a bad pattern."""
    for uri in uris:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        if not uri.startswith("gs://") or not name or "*" in bucket or name.count("*") > 1:
            raise ApiError("invalid", f"Invalid source URI {uri}: gs://bucket/name with one *", uri)
    return tuple(file for uri in uris for file in objects.expand(uri))


def _objects(files: Sequence[StoredFile]) -> Iterator[dict[str, object]]:
    for file in files:
        for _, line in json_lines(file.path):
            yield _object(line, file.uri)


def _object(line: bytes, uri: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise ApiError("invalid", f"Error while reading data: {exc}", uri) from exc
