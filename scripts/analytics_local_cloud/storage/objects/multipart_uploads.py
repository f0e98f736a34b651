"""Multipart uploads: numbered parts, in any order, become one object when all are there."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from analytics_local_cloud.storage.disk.blobs import IncomingBlob
from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.disk.group_commit import Transaction
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.objects.generations import Objects
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import BadPart, Invalid, NoUpload

_MAX_NUMBER = 10_000
_MIN_BYTES = 5 * 1024 * 1024  # of every part but the last


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is here; its entity tag is the MD5 of its bytes in hex."""

    number: int
    etag: str
    path: Path

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.path.stat().st_size


class MultipartUploads:
    """The uploads in `database`, their parts as files in a folder each of `root`."""

    def __init__(self, database: Database, objects: Objects, root: Path) -> None:
        self._database = database
        self._objects = objects
        self._root = root

    async def start(self, target: Target) -> str:
        """Return the id of a new upload."""
        upload_id = secrets.token_urlsafe(24)
        self._folder(upload_id).mkdir(parents=True)
        request = msgspec.json.encode(target).decode()
        await self._execute("INSERT INTO multipart_uploads VALUES (?, ?)", upload_id, request)
        return upload_id

    def parts(self, bucket: str, name: str, upload_id: str) -> list[Part]:
        """Return the parts that are here, by number; raises NoUpload."""
        self._find(bucket, name, upload_id)
        parts = [
            Part(int(path.stem), path.suffix.removeprefix("."), path)
            for path in self._folder(upload_id).iterdir()
        ]
        return sorted(parts, key=lambda part: part.number)

    def put(self, bucket: str, name: str, upload_id: str, number: int, blob: IncomingBlob) -> None:
        """Keep a part, instead of one of the same number; raises NoUpload or Invalid."""
        if not 1 <= number <= _MAX_NUMBER:
            raise Invalid(f"Part number must be an integer between 1 and {_MAX_NUMBER}.")
        earlier = [p for p in self.parts(bucket, name, upload_id) if p.number == number]
        path = self._folder(upload_id) / f"{number}.{blob.md5_hex}"
        blob.save(str(path))
        for part in earlier:
            if part.path != path:
                part.path.unlink(missing_ok=True)

    async def complete(
        self,
        bucket: str,
        name: str,
        upload_id: str,
        chosen: Sequence[tuple[int, str]],
        conditions: Conditions,
    ) -> StoredObject:
        """Write the object of the parts that were `chosen` by number and entity tag.

        Raises NoUpload, BadPart, and as Objects.put; the upload is kept then.
        """
        target = replace(self._find(bucket, name, upload_id), conditions=conditions)
        present = {(part.number, part.etag): part for part in self.parts(bucket, name, upload_id)}
        if not chosen or [n for n, _ in chosen] != sorted({n for n, _ in chosen}):
            raise BadPart("The list of parts was not in ascending order.", "InvalidPartOrder")
        if missing := [number for number, etag in chosen if (number, etag) not in present]:
            raise BadPart(f"Part {missing[0]} could not be found.", "InvalidPart")
        parts = [present[part] for part in chosen]
        if any(part.size < _MIN_BYTES for part in parts[:-1]):
            raise BadPart("Your proposed upload is smaller than the minimum.", "EntityTooSmall")
        stored = await self._objects.assemble([part.path for part in parts], target)
        await self.abort(bucket, name, upload_id)
        return stored

    async def abort(self, bucket: str, name: str, upload_id: str) -> None:
        """Forget an upload and its parts; raises NoUpload."""
        self._find(bucket, name, upload_id)
        await self._execute("DELETE FROM multipart_uploads WHERE id = ?", upload_id)
        shutil.rmtree(self._folder(upload_id), ignore_errors=True)

    def _find(self, bucket: str, name: str, upload_id: str) -> Target:
        query = "SELECT request FROM multipart_uploads WHERE id = ?"
        row = self._database.reader().execute(query, (upload_id,)).fetchone()
        target = None if row is None else msgspec.json.decode(row[0], type=Target)
        if target is None or (target.bucket, target.name) != (bucket, name):
            raise NoUpload("The requested upload was not found.")
        return target

    def _folder(self, upload_id: str) -> Path:
        return self._root / upload_id

    async def _execute(self, statement: str, *values: object) -> None:
        def execute(transaction: Transaction) -> None:
            transaction.connection.execute(statement, values)

        await self._database.writer.run(execute)
