"""Buckets: their fields are kept as their owner set them, without effect but notifications."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.disk.group_commit import Transaction
from analytics_local_cloud.storage.metadata import Bucket, Clock, read_clock
from analytics_local_cloud.storage.objects.conditions import ANY, Conditions
from analytics_local_cloud.storage.storage_errors import Conflict, Invalid, NoBucket, NotEmpty

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_INSERT = "INSERT INTO buckets VALUES (?, ?, ?, ?, ?)"
_REPLACE = "REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)"
_EVENTS = {"id": "events", "topic": "//pubsub.googleapis.com/projects/local-project/topics/events"}


class Buckets:
    """The buckets in `database`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, name: str, conditions: Conditions = ANY) -> Bucket:
        """Return a bucket; raises NoBucket, ConditionNotMet or NotModified."""
        bucket = find_bucket(self._database.reader(), name)
        conditions.check_bucket(bucket, is_read=True)
        return bucket

    def find_all(self, prefix: str = "", start: str = "") -> list[Bucket]:
        """Return the buckets whose name begins with `prefix`, from `start` on, by name."""
        query = "SELECT * FROM buckets WHERE name >= ? ORDER BY name"
        rows = self._database.reader().execute(query, (start,))
        return [_read(row) for row in rows if row[0].startswith(prefix)]

    async def create(self, name: str, properties: Mapping[str, Any]) -> Bucket:
        """Create a bucket; raises Invalid for its name, Conflict when it exists."""
        if not _NAME.fullmatch(name):
            raise Invalid(f"Invalid bucket name: '{name}'")
        created = read_clock(self._clock)
        bucket = Bucket(name, 1, created, created, dict(properties))

        def insert(transaction: Transaction) -> Bucket:
            try:
                transaction.connection.execute(_INSERT, _row(bucket))
            except sqlite3.IntegrityError as exc:
                raise Conflict(
                    "Your previous request to create the named bucket succeeded and you "
                    "already own it."
                ) from exc
            return bucket

        return await self._database.writer.run(insert)

    async def update(
        self,
        name: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        conditions: Conditions = ANY,
    ) -> Bucket:
        """Replace a bucket's properties by what `change` makes of them.

        Raises NoBucket or ConditionNotMet.
        """

        def replace(transaction: Transaction) -> Bucket:
            old = find_bucket(transaction.connection, name)
            conditions.check_bucket(old, is_read=False)
            properties, updated = change(old.properties), read_clock(self._clock)
            bucket = Bucket(name, old.metageneration + 1, old.created, updated, properties)
            transaction.connection.execute(_REPLACE, _row(bucket))
            return bucket

        return await self._database.writer.run(replace)

    async def enable_events(self, name: str) -> None:
        """Put new objects of the bucket into the outbox from now on; raises NoBucket.

        As an Eventarc trigger does, this adds a notification configuration to the bucket, once.
        """
        if _EVENTS not in self.get(name).notifications:
            await self.update(
                name, lambda old: {**old, "notifications": [*old.get("notifications", ()), _EVENTS]}
            )

    async def delete(self, name: str, conditions: Conditions = ANY) -> None:
        """Delete an empty bucket; raises NoBucket, ConditionNotMet, NotEmpty if it has objects."""

        def remove(transaction: Transaction) -> None:
            conditions.check_bucket(find_bucket(transaction.connection, name), is_read=False)
            query = "SELECT EXISTS (SELECT 1 FROM objects WHERE bucket = ?)"
            if transaction.connection.execute(query, (name,)).fetchone()[0]:
                raise NotEmpty("The bucket you tried to delete is not empty.")
            transaction.connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

        await self._database.writer.run(remove)


def find_bucket(connection: sqlite3.Connection, name: str) -> Bucket:
    """Return a bucket as `connection` sees it; raises NoBucket."""
    row = connection.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NoBucket
    return _read(row)


def _read(row: tuple[Any, ...]) -> Bucket:
    *fields, properties = row
    values = (*fields, msgspec.json.decode(properties))
    return Bucket(*values)


def _row(bucket: Bucket) -> tuple[Any, ...]:
    properties = msgspec.json.encode(bucket.properties).decode()
    return (bucket.name, bucket.metageneration, bucket.created, bucket.updated, properties)
