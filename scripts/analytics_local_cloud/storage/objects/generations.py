"""Objects: written whole or not at all, each write a new generation."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from analytics_local_cloud.storage.disk.blobs import CHUNK_BYTES, Blobs, IncomingBlob
from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.disk.group_commit import Transaction
from analytics_local_cloud.storage.metadata import Clock, StoredObject, read_clock
from analytics_local_cloud.storage.objects.buckets import find_bucket
from analytics_local_cloud.storage.objects.conditions import ANY, Conditions
from analytics_local_cloud.storage.objects.object_rows import (
    delete_object,
    find_object,
    live_generations,
    write_object,
)
from analytics_local_cloud.storage.objects.outbox import Outbox
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import NoObject


@dataclass(frozen=True, slots=True)
class _Content:
    """The bytes of a write; `save` makes them durable as a generation."""

    size: int
    md5: str | None
    crc32c: str
    component_count: int | None
    save: Callable[[int], None]


class Objects:
    """The objects in `database`, their bytes in `blobs`; new ones are announced in `outbox`."""

    def __init__(self, database: Database, blobs: Blobs, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._outbox = outbox
        self._clock = clock
        self._last_generation = max(live_generations(database.reader()), default=0)

    def incoming(self) -> AbstractContextManager[IncomingBlob]:
        """Return a context that yields a blob to fill, for `put`."""
        return self._blobs.incoming()

    def get(self, bucket: str, name: str, conditions: Conditions = ANY) -> StoredObject:
        """Return an object; raises NoBucket, NoObject, ConditionNotMet or NotModified."""
        reader = self._database.reader()
        current = find_object(reader, bucket, name)
        if current is None:
            find_bucket(reader, bucket)
        return conditions.check_read(bucket, name, current)

    def path(self, stored: StoredObject) -> Path:
        """Return the file with the object's bytes; it goes away with the generation."""
        return self._blobs.path(stored.generation)

    async def put(self, target: Target, blob: IncomingBlob) -> StoredObject:
        """Write an object and return it when it and its event are durable.

        Raises Invalid for its name, BadDigest, NoBucket, ConditionNotMet or Forbidden.
        """
        target.check_content(blob)
        save = partial(self._blobs.save, blob)
        return await self._write(target, _Content(blob.size, blob.md5, blob.crc32c, None, save))

    async def copy(self, source: StoredObject, target: Target) -> StoredObject:
        """Write an object with the bytes of `source`; raises as `put`, and NoObject."""
        return await self._write(target, self._linked(source))

    async def move(self, source: StoredObject, target: Target) -> StoredObject:
        """Give `source` another name, in one step; raises as `copy`."""
        return await self._write(target, self._linked(source), source)

    def _linked(self, source: StoredObject) -> _Content:
        """Return the bytes of `source`, shared."""

        def link(generation: int) -> None:
            try:
                self._blobs.link(source.generation, generation)
            except FileNotFoundError as exc:
                raise NoObject(source.bucket, source.name) from exc

        return _Content(source.size, source.md5, source.crc32c, source.component_count, link)

    async def compose(self, sources: Sequence[StoredObject], target: Target) -> StoredObject:
        """Write an object with the bytes of all `sources` in order; raises as `put`."""
        parts = sum(source.component_count or 1 for source in sources)
        return await self.assemble([self.path(source) for source in sources], target, parts)

    async def assemble(
        self, files: Sequence[Path], target: Target, component_count: int | None = None
    ) -> StoredObject:
        """Write an object with the bytes of all `files` in order, without MD5; raises as `put`."""
        with self._blobs.incoming() as blob:
            for file in files:
                await asyncio.to_thread(pour, file, blob)
            save = partial(self._blobs.save, blob)
            content = _Content(blob.size, None, blob.crc32c, component_count, save)
            return await self._write(target, content)

    async def update(
        self,
        bucket: str,
        name: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        conditions: Conditions,
    ) -> StoredObject:
        """Replace an object's fields by what `change` makes of them.

        Raises NoBucket, NoObject or ConditionNotMet.
        """

        def replace_row(transaction: Transaction) -> StoredObject:
            old = _find_to_change(transaction, bucket, name, conditions)
            new = replace(
                old,
                properties=change(old.properties),
                metageneration=old.metageneration + 1,
                updated=read_clock(self._clock),
            )
            write_object(transaction.connection, new)
            return new

        return await self._database.writer.run(replace_row)

    async def delete(self, bucket: str, name: str, conditions: Conditions = ANY) -> None:
        """Delete an object; raises NoBucket, NoObject or ConditionNotMet."""

        def remove(transaction: Transaction) -> None:
            self._delete(transaction, bucket, name, conditions)

        await self._database.writer.run(remove)

    def _delete(
        self, transaction: Transaction, bucket: str, name: str, conditions: Conditions
    ) -> None:
        old = _find_to_change(transaction, bucket, name, conditions)
        delete_object(transaction.connection, old)
        self._remove_later(transaction, old)

    async def _write(
        self, target: Target, content: _Content, moved: StoredObject | None = None
    ) -> StoredObject:
        """Write an object; `moved` is deleted with that."""
        target.check_name()

        def write(transaction: Transaction) -> StoredObject:
            connection = transaction.connection
            bucket = find_bucket(connection, target.bucket)
            old = find_object(connection, target.bucket, target.name)
            target.conditions.check_write(target.bucket, target.name, old)
            if moved is not None:
                self._delete(transaction, moved.bucket, moved.name, _as_it_is(moved))
            generation = self._next_generation()
            content.save(generation)
            transaction.before_commit[self._blobs.sync] = None
            new = StoredObject(
                bucket=target.bucket,
                name=target.name,
                generation=generation,
                metageneration=1,
                size=content.size,
                md5=content.md5,
                crc32c=content.crc32c,
                component_count=content.component_count,
                updated=generation,
                properties={**bucket.object_defaults, **target.properties},
            )
            write_object(connection, new)
            if old is not None:
                self._remove_later(transaction, old)
            if bucket.announces(target.name):
                self._outbox.add(transaction, new)
            return new

        return await self._database.writer.run(write)

    def _next_generation(self) -> int:
        """Return the time in microseconds, or one more than the last generation if that is later.

        Called by the one writing thread.
        """
        self._last_generation = max(self._last_generation + 1, read_clock(self._clock))
        return self._last_generation

    def _remove_later(self, transaction: Transaction, old: StoredObject) -> None:
        transaction.after_commit[partial(self._blobs.remove, old.generation)] = None


def pour(source: Path, blob: IncomingBlob) -> None:
    """Append a file's bytes to `blob`."""
    with source.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            blob.write(chunk)


def _as_it_is(stored: StoredObject) -> Conditions:
    return Conditions(generation=stored.generation, if_metageneration_match=stored.metageneration)


def _find_to_change(
    transaction: Transaction, bucket: str, name: str, conditions: Conditions
) -> StoredObject:
    find_bucket(transaction.connection, bucket)
    current = find_object(transaction.connection, bucket, name)
    return conditions.check_change(bucket, name, current)
