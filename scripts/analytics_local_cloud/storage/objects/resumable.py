"""Resumable uploads: a session's bytes arrive in pieces, across restarts of the server."""

import asyncio
import secrets
from collections.abc import AsyncIterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.disk.group_commit import Transaction
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.generations import Objects, pour
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import NoUpload


@dataclass(frozen=True, slots=True)
class Upload:
    """A session: where its object goes, how many bytes of it are here, the object once written."""

    id: str
    target: Target
    received: int
    generation: int | None


class ResumableUploads:
    """The sessions in `database`, each with a growing file in `root`."""

    def __init__(self, database: Database, objects: Objects, root: Path) -> None:
        self._database = database
        self._objects = objects
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    async def start(self, target: Target) -> str:
        """Return the id of a new session."""
        upload_id = secrets.token_urlsafe(24)
        self._path(upload_id).touch()
        request = msgspec.json.encode(target).decode()
        await self._execute("INSERT INTO uploads VALUES (?, ?, NULL)", upload_id, request)
        return upload_id

    def get(self, upload_id: str) -> Upload:
        """Return a session; raises NoUpload."""
        query = "SELECT request, generation FROM uploads WHERE id = ?"
        row = self._database.reader().execute(query, (upload_id,)).fetchone()
        if row is None:
            raise NoUpload(f"No such upload: {upload_id}")
        request, generation = row
        received = 0 if generation else self._path(upload_id).stat().st_size
        return Upload(upload_id, msgspec.json.decode(request, type=Target), received, generation)

    async def append(self, upload: Upload, chunks: AsyncIterable[bytes], known: int) -> Upload:
        """Add bytes to a session and return it as it is then; what arrives is kept.

        The first `known` bytes are those that the session ends with.
        """
        with self._path(upload.id).open("ab") as file:
            async for chunk in chunks:
                file.write(chunk[known:])
                known = max(0, known - len(chunk))
        return self.get(upload.id)

    async def finish(
        self, upload: Upload, *, md5: str | None = None, crc32c: str | None = None
    ) -> StoredObject:
        """Write the session's object, checked against these checksums (base64), too.

        Raises as Objects.put; the session is kept then.
        """
        with self._objects.incoming() as blob:
            await asyncio.to_thread(pour, self._path(upload.id), blob)
            replace(upload.target, md5=md5, crc32c=crc32c).check_content(blob)
            stored = await self._objects.put(upload.target, blob)
        await self._execute(
            "UPDATE uploads SET generation = ? WHERE id = ?", stored.generation, upload.id
        )
        self._path(upload.id).unlink(missing_ok=True)
        return stored

    async def cancel(self, upload: Upload) -> None:
        """Forget a session and its bytes."""
        await self._execute("DELETE FROM uploads WHERE id = ?", upload.id)
        self._path(upload.id).unlink(missing_ok=True)

    def _path(self, upload_id: str) -> Path:
        return self._root / upload_id

    async def _execute(self, statement: str, *values: object) -> None:
        def execute(transaction: Transaction) -> None:
            transaction.connection.execute(statement, values)

        await self._database.writer.run(execute)
