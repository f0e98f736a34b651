"""Pure: what is read: URIs and columns, and as what."""

from dataclasses import dataclass

from analytics_commands.import_events.imported_columns import Columns

FORMAT = "NEWLINE_DELIMITED_JSON"
HIVE_MODE = "CUSTOM"  # names and types of the keys are part of the prefix
TEMPORARY_TABLE = "temporary_table"  # what a query calls it


@dataclass(frozen=True)
class Source:
    """Stored objects, and the columns of their events; other fields are ignored.

    With `hive_prefix`, such as `gs://b/data_type=json/{event_ds:DATE}`, the parts of the objects'
    names are columns, too.
    """

    uris: tuple[str, ...]
    columns: Columns
    hive_prefix: str | None = None
