"""INFORMATION_SCHEMA: what the catalog knows, as rows ("INFORMATION_SCHEMA" reference)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.catalog import Catalog, TableEntry
from analytics_local_cloud.warehouse.catalog.definition_text import (
    ddl_text,
    options_of,
    type_text,
)
from analytics_local_cloud.warehouse.catalog.references import DatasetReference
from analytics_local_cloud.warehouse.values.column_types import Column

Row = tuple[Any, ...]
_REGION = "region-"
_NONE = "NULL"  # as text: so BigQuery tells that there is no collation, or no default
_KINDS = {"TABLE": "BASE TABLE"}


def information_schema(
    catalog: Catalog, project: str, parts: Sequence[str]
) -> tuple[tuple[Column, ...], list[Row]]:
    """Return the columns of a view in BigQuery's order, and its rows as Python values.

    `parts` is the path without quotes: `dataset`, `project.dataset`, `region-x` or
    `project.region-x`, then `INFORMATION_SCHEMA` and the name of the view. Raises `ApiError`:
    notFound for the dataset, invalidQuery without a place, notImplemented for other views.
    """
    *above, _, name = parts
    view = name.upper()
    if view not in {"SCHEMATA", *_VIEWS}:
        raise unsupported(f"INFORMATION_SCHEMA.{view}")
    datasets = _datasets(catalog, above[-2] if above[1:] else project, above[-1:], view)
    if view == "SCHEMATA":
        return _SCHEMATA, [_schema_row(dataset) for dataset in datasets]
    columns, rows = _VIEWS[view]
    references = [DatasetReference(**_names(dataset)) for dataset in datasets]
    entries = [entry for reference in references for entry in catalog.tables(reference)]
    return columns, [row for entry in entries for row in rows(entry)]


def _datasets(
    catalog: Catalog, project: str, place: Sequence[str], view: str
) -> list[dict[str, Any]]:
    """Return one dataset, or those of a region; the US is where a query runs by default."""
    if not place and view != "SCHEMATA":
        text = f'Table "INFORMATION_SCHEMA.{view}" must be qualified with a dataset'
        raise ApiError("invalidQuery", f'{text} (e.g. "dataset.INFORMATION_SCHEMA.{view}").')
    name = place[0] if place else f"{_REGION}us"
    if not name.casefold().startswith(_REGION):
        return [catalog.dataset(DatasetReference(project, name))]
    region = name.casefold().removeprefix(_REGION)
    return [d for d in catalog.datasets(project) if d["location"].casefold() == region]


def _names(dataset: Mapping[str, Any]) -> dict[str, str]:
    reference = dataset["datasetReference"]
    return {"project": reference["projectId"], "dataset": reference["datasetId"]}


def _columns(text: str) -> tuple[Column, ...]:
    """Read `name` (a STRING) and `name:TYPE`."""
    pairs = (word.partition(":") for word in text.split())
    return tuple(Column(name, kind or "STRING") for name, _, kind in pairs)


def _time(resource: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromtimestamp(int(resource[name]) / 1000, UTC)


def _yes(condition: object) -> str:
    return "YES" if condition else "NO"


def _identity(entry: TableEntry) -> Row:
    parent = entry.reference.parent
    return (parent.project, parent.dataset, entry.reference.table)


def _fields(entry: TableEntry) -> list[dict[str, Any]]:
    return list(entry.resource.get("schema", {}).get("fields", ()))


def _schema_row(dataset: Mapping[str, Any]) -> Row:
    names, times = _names(dataset), ("creationTime", "lastModifiedTime")
    place = dataset["location"]
    ddl = (
        f'CREATE SCHEMA `{names["project"]}.{names["dataset"]}`\nOPTIONS(\n  location="{place}"\n);'
    )
    return (*names.values(), None, *(_time(dataset, t) for t in times), place, ddl, _NONE, None)


def _table_rows(entry: TableEntry) -> Iterator[Row]:
    is_table, resource = entry.kind == "TABLE", entry.resource
    kinds = (_KINDS.get(entry.kind, entry.kind), "NATIVE" if is_table else None)
    flags = (_yes(is_table), "NO", "NO", "NO")
    copied, ddl = (None,) * 9, ddl_text(entry.reference, resource)
    created = _time(resource, "creationTime")
    yield (*_identity(entry), *kinds, *flags, created, *copied, ddl, _NONE, None, None)


def _column_rows(entry: TableEntry) -> Iterator[Row]:
    partitioned = entry.resource.get("timePartitioning", {}).get("field")
    clustered = entry.resource.get("clustering", {}).get("fields", [])
    for position, field in enumerate(_fields(entry), 1):
        name = field["name"]
        shape = (_yes(field.get("mode", "NULLABLE") == "NULLABLE"), type_text(field))
        order = clustered.index(name) + 1 if name in clustered else None
        generated = ("NEVER", None, None, "NO", None, "NO")
        layout: Row = (_yes(name == partitioned), order, _NONE, _NONE, None, [])
        yield (*_identity(entry), name, position, *shape, *generated, *layout)


def _path_rows(entry: TableEntry) -> Iterator[Row]:
    for column in _fields(entry):
        for path, field in _paths(column, column["name"]):
            kinds = (type_text(field), field.get("description"))
            yield (*_identity(entry), column["name"], path, *kinds, _NONE, None, [])


def _paths(field: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, field
    for part in field.get("fields", ()):
        yield from _paths(part, f"{path}.{part['name']}")


def _view_rows(entry: TableEntry) -> Iterator[Row]:
    if entry.kind == "VIEW":
        yield (*_identity(entry), entry.resource["view"]["query"], None, "YES")


def _option_rows(entry: TableEntry) -> Iterator[Row]:
    for option in options_of(entry.resource):
        yield (*_identity(entry), *option)


_SCHEMATA = _columns(
    "catalog_name schema_name schema_owner creation_time:TIMESTAMP last_modified_time:TIMESTAMP "
    "location ddl default_collation_name sync_status:JSON"
)
_TABLE = "table_catalog table_schema table_name "
_VIEWS: dict[str, tuple[tuple[Column, ...], Callable[[TableEntry], Iterator[Row]]]] = {
    "TABLES": (
        _columns(
            f"{_TABLE} table_type managed_table_type is_insertable_into "
            "is_fine_grained_mutations_enabled is_typed is_change_history_enabled "
            "creation_time:TIMESTAMP base_table_catalog base_table_schema base_table_name "
            "snapshot_time_ms:TIMESTAMP replica_source_catalog replica_source_schema "
            "replica_source_name replication_status replication_error ddl "
            "default_collation_name sync_status:JSON upsert_stream_apply_watermark:TIMESTAMP"
        ),
        _table_rows,
    ),
    "COLUMNS": (
        (
            *_columns(
                f"{_TABLE} column_name ordinal_position:INTEGER is_nullable data_type "
                "is_generated generation_expression is_stored is_hidden is_updatable "
                "is_system_defined is_partitioning_column clustering_ordinal_position:INTEGER "
                "collation_name column_default rounding_mode"
            ),
            Column("policy_tags", "STRING", "REPEATED"),
        ),
        _column_rows,
    ),
    "COLUMN_FIELD_PATHS": (
        (
            *_columns(f"{_TABLE} column_name field_path data_type description collation_name"),
            *(Column("rounding_mode", "STRING"), Column("policy_tags", "STRING", "REPEATED")),
        ),
        _path_rows,
    ),
    "VIEWS": (_columns(f"{_TABLE} view_definition check_option use_standard_sql"), _view_rows),
    "TABLE_OPTIONS": (_columns(f"{_TABLE} option_name option_type option_value"), _option_rows),
}
