"""The storage's SQLite database: one writer, a reading connection per thread."""

import sqlite3
import threading
from pathlib import Path

from analytics_local_cloud.storage.disk.group_commit import GroupCommit

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, metageneration INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, properties TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL,
    metageneration INTEGER NOT NULL, size INTEGER NOT NULL, md5 TEXT, crc32c TEXT NOT NULL,
    component_count INTEGER, updated INTEGER NOT NULL, properties TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, request TEXT NOT NULL, generation INTEGER)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS multipart_uploads (id TEXT PRIMARY KEY, request TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL,
    generation INTEGER NOT NULL, resource TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at REAL NOT NULL, last_error TEXT
);
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (bucket, next_attempt_at)
    WHERE state = 'pending';
"""


class Database:
    """Opens `path`, creating it; committed writes survive a kill and a loss of power."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        connection = self._connect()
        connection.executescript("PRAGMA journal_mode = WAL;" + _SCHEMA)
        connection.execute("PRAGMA synchronous = FULL")
        self.writer = GroupCommit(connection)

    def reader(self) -> sqlite3.Connection:
        """Return this thread's reading connection, which sees all that was acknowledged."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._readers.append(connection)
        return connection

    def close(self) -> None:
        """Finish what waits for the writer and close all connections."""
        self.writer.close()
        for connection in self._readers:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
