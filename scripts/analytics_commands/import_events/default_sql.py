"""Pure: how `query` counts what is stored, without SQL of the caller's own."""

from dataclasses import replace

from analytics_commands.import_events.import_source import TEMPORARY_TABLE, Source
from analytics_commands.import_events.imported_columns import Column

_KEYS = ("analytics_environment", "event_category")
_ID = "eventId"


def counting(source: Source) -> tuple[Source, str]:
    """Return SQL that counts events by what their objects' names say, and by type if asked for.

    An event that was sent or stored again counts once: its id is the same. So the source that is
    returned has a column of ids, too. Events of writers that give none count each time.
    """
    if not any(column.name.casefold() == _ID.casefold() for column in source.columns):
        source = replace(source, columns=(*source.columns, Column(_ID, "STRING")))
    has_keys = source.hive_prefix is not None
    groups = [
        key if has_keys else f'REGEXP_EXTRACT(_FILE_NAME, r"/{key}=([^/]+)/") AS {key}'
        for key in _KEYS
    ]
    groups += [column.name for column in source.columns if column.name == "eventType"]
    numbers = ", ".join(map(str, range(1, len(groups) + 1)))
    return source, (
        f"SELECT {', '.join(groups)}, COUNT(DISTINCT {_ID}) + COUNTIF({_ID} IS NULL) AS events"  # noqa: S608 - constants
        f" FROM {TEMPORARY_TABLE} GROUP BY {numbers} ORDER BY events DESC, {numbers}"
    )
