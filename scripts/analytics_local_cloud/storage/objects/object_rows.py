"""Object rows: the columns of the table `objects` are the fields of StoredObject, in order."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from analytics_local_cloud.storage.metadata import StoredObject

_LAST_NAME = "\U0010ffff"


def find_object(connection: sqlite3.Connection, bucket: str, name: str) -> StoredObject | None:
    """Return the live object of that name."""
    row = connection.execute(
        "SELECT * FROM objects WHERE bucket = ? AND name = ?", (bucket, name)
    ).fetchone()
    return None if row is None else _read(row)


def scan_objects(
    connection: sqlite3.Connection, bucket: str, start: str, prefix: str
) -> Iterator[StoredObject]:
    """Yield the objects whose name begins with `prefix`, from the name `start` on, by name."""
    rows = connection.execute(
        "SELECT * FROM objects WHERE bucket = ? AND name >= ? AND name <= ? ORDER BY name",
        (bucket, max(start, prefix), prefix + _LAST_NAME),
    )
    return map(_read, rows)


def write_object(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Insert the object, or replace the one of the same name."""
    connection.execute(
        "REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.bucket,
            stored.name,
            stored.generation,
            stored.metageneration,
            stored.size,
            stored.md5,
            stored.crc32c,
            stored.component_count,
            stored.updated,
            msgspec.json.encode(stored.properties).decode(),
        ),
    )


def delete_object(connection: sqlite3.Connection, stored: StoredObject) -> None:
    """Delete the object's row."""
    connection.execute(
        "DELETE FROM objects WHERE bucket = ? AND name = ?", (stored.bucket, stored.name)
    )


def live_generations(connection: sqlite3.Connection) -> set[int]:
    """Return the generations of all objects."""
    return {row[0] for row in connection.execute("SELECT generation FROM objects")}


def _read(row: Sequence[Any]) -> StoredObject:
    *fields, properties = row
    values = (*fields, msgspec.json.decode(properties))
    return StoredObject(*values)
