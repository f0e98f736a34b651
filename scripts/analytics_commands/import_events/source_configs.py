"""A source as BigQuery's client takes it: for an external table, and for a load job."""

from google.cloud import bigquery

from analytics_commands.import_events.import_source import FORMAT, HIVE_MODE, Source
from analytics_commands.import_events.imported_columns import Column


def external_config(source: Source) -> bigquery.ExternalConfig:
    """Return the definition of an external table."""
    config = bigquery.ExternalConfig(FORMAT)
    config.source_uris = list(source.uris)
    config.schema = _fields(source)
    config.ignore_unknown_values = True
    config.autodetect = False
    if source.hive_prefix is not None:
        config.hive_partitioning = _hive_options(source.hive_prefix)
    return config


def load_config(source: Source) -> bigquery.LoadJobConfig:
    """Return how a load job reads it: rows are appended, a missing table is created."""
    config = bigquery.LoadJobConfig(
        source_format=FORMAT,
        schema=_fields(source),
        ignore_unknown_values=True,
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        create_disposition=bigquery.CreateDisposition.CREATE_IF_NEEDED,
    )
    if source.hive_prefix is not None:
        config.hive_partitioning = _hive_options(source.hive_prefix)
    return config


def _fields(source: Source) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField.from_api_repr(_as_api_repr(each)) for each in source.columns]


def _as_api_repr(column: Column) -> dict[str, str]:
    described = {"description": column.description} if column.description else {}
    return {"name": column.name, "type": column.type, **described}


def _hive_options(prefix: str) -> bigquery.HivePartitioningOptions:
    options = bigquery.HivePartitioningOptions()
    options.mode = HIVE_MODE
    options.source_uri_prefix = prefix
    return options
