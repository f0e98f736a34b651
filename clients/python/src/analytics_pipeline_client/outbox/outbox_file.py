"""The file of an outbox: opened, set aside when it is damaged, made anew when it is gone."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from analytics_pipeline_client.outbox.locks import FileLock
from analytics_pipeline_client.outbox.schema import prepare

NAME = "outbox.sqlite3"
_PARTS = ("", "-wal", "-shm")
_BUSY_SECONDS = 30  # how long another process may keep us waiting for its transaction

Result = TypeVar("Result")


class OutboxFile:
    """One connection to the outbox, for one thread at a time.

    `durable` says whether it is on disk; otherwise it is in this process's memory, because there
    is no folder, or none that can be written.
    """

    def __init__(self, folder: Path | None, report: Callable[[str, str], None]) -> None:
        self.lock = threading.RLock()
        self.durable = False
        self._folder = folder
        self._report = report
        self._inode = -1
        self._connection = self._open()

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do work in one transaction, on disk when this returns.

        Raises `sqlite3.OperationalError` where there is no room, or another process is too slow;
        then nothing of it was done. A damaged file is set aside, and the work done in a new one.
        """
        with self.lock:
            if self._is_replaced():
                self._reopen()
            try:
                return self._transaction(work)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._reopen()
                return self._transaction(work)

    def erase(self) -> None:
        """Leave no byte of what was deleted in the file, nor beside it."""
        with self.lock, contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def begin_anew(self) -> None:
        """Delete the file, where deleting rows is not possible, and make another."""
        with self.lock:
            self._connection.close()
            if self._folder is not None:
                for part in _PARTS:
                    (self._folder / (NAME + part)).unlink(missing_ok=True)
            self._connection = self._open()

    def close(self) -> None:
        """Close it."""
        with self.lock:
            self._connection.close()

    def _transaction(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _is_replaced(self) -> bool:
        """Tell whether another process set the file aside, or somebody deleted it."""
        if self._folder is None or not self.durable:
            return False
        try:
            return (self._folder / NAME).stat().st_ino != self._inode
        except OSError:
            return True

    def _reopen(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        """Return a connection, to memory where there is no other way."""
        if self._folder is not None:
            try:
                return self._open_in(self._folder)
            except (OSError, sqlite3.Error) as error:
                self._report("not_durable", f"events are in memory only: {error}")
        self.durable = False
        connection = _connect(":memory:")
        prepare(connection)
        return connection

    def _open_in(self, folder: Path) -> sqlite3.Connection:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opening = FileLock(folder / "opening.lock")  # two must not set aside each other's new one
        opening.acquire(wait=True)
        try:
            connection = self._open_or_set_aside(folder)
            self._inode = (folder / NAME).stat().st_ino
            self.durable = True
            return connection
        finally:
            opening.release()

    def _open_or_set_aside(self, folder: Path) -> sqlite3.Connection:
        try:
            return _prepared(folder / NAME)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            aside = f"damaged-{time.time_ns()}-{NAME}"
            self._report("outbox_damaged", f"set aside as {folder / aside}: {error}")
            for part in _PARTS:
                with contextlib.suppress(FileNotFoundError):
                    (folder / (NAME + part)).rename(folder / (aside + part))
            return _prepared(folder / NAME)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell damage from what passes, such as a full disk: sqlite3 has no class of its own for it."""
    return type(error) is sqlite3.DatabaseError


def _prepared(path: Path) -> sqlite3.Connection:
    connection = _connect(str(path))
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(
        name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
