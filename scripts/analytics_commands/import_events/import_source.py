"""What is read, and how: URIs and columns as external tables and load jobs take them."""

from dataclasses import dataclass

from google.cloud import bigquery

from analytics_commands.import_events.imported_columns import Columns

FORMAT = bigquery.SourceFormat.NEWLINE_DELIMITED_JSON
HIVE_MODE = "CUSTOM"  # names and types of the keys are part of the prefix


@dataclass(frozen=True)
class Source:
    """Stored objects, and the columns of their events; other fields are ignored.

    With `hive_prefix`, such as `gs://b/data_type=json/{event_ds:DATE}`, the parts of the objects'
    names are columns, too.
    """

    uris: tuple[str, ...]
    columns: Columns
    hive_prefix: str | None = None

    def external_config(self) -> bigquery.ExternalConfig:
        """Return the definition of an external table."""
        config = bigquery.ExternalConfig(FORMAT)
        config.source_uris = list(self.uris)
        config.schema = list(self.columns)
        config.ignore_unknown_values = True
        config.autodetect = False
        if self.hive_prefix is not None:
            config.hive_partitioning = self._hive_options(self.hive_prefix)
        return config

    def load_config(self) -> bigquery.LoadJobConfig:
        """Return how a load job reads it: rows are appended, a missing table is created."""
        config = bigquery.LoadJobConfig(
            source_format=FORMAT,
            schema=list(self.columns),
            ignore_unknown_values=True,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_IF_NEEDED,
        )
        if self.hive_prefix is not None:
            config.hive_partitioning = self._hive_options(self.hive_prefix)
        return config

    @staticmethod
    def _hive_options(prefix: str) -> bigquery.HivePartitioningOptions:
        options = bigquery.HivePartitioningOptions()
        options.mode = HIVE_MODE
        options.source_uri_prefix = prefix
        return options
