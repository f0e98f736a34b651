"""The outbox: all that is kept until it is acknowledged, shared by the processes of a folder."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_pipeline_client.device_clock import iso, uuid7
from analytics_pipeline_client.outbox import batching
from analytics_pipeline_client.outbox.batching import Batch, Cut
from analytics_pipeline_client.outbox.client_sessions import Session, resume
from analytics_pipeline_client.outbox.keeping import Keeping, Shelf, Taken
from analytics_pipeline_client.outbox.outbox_file import OutboxFile


@dataclass(frozen=True)
class Waiting:
    """What lies there: events in no batch (counted up to a limit, with their bytes), batches.

    `batches` are pairs of a batch's number and its attempts. `asked` is when, by the device's
    clock, the server asked for a pause, and for how many seconds.
    """

    events: int
    bytes: int
    batches: tuple[tuple[int, int], ...]
    asked: tuple[float, float]


@dataclass(frozen=True)
class Parked:
    """A batch that the server refuses for what it is, with its answer; events are lines of JSON."""

    events: tuple[bytes, ...]
    key: str
    status: int
    reason: str
    message: str
    parked_at: str


class Outbox:
    """What the processes of one folder share; each method is one transaction."""

    def __init__(self, file: OutboxFile, clock: Callable[[], float], cut: Cut) -> None:
        self._file = file
        self._clock = clock
        self._cut = cut
        self._withdrawals = file.run(_withdrawals)

    def keep(
        self,
        group: Sequence[tuple[Session, bytes]],
        lost: int,
        teller: Session,
        place: tuple[str, int],
    ) -> Taken:
        """Keep a group of events on a route, within the most bytes of the outbox."""
        made: list[Keeping] = []

        def work(connection: sqlite3.Connection) -> Taken:
            keeping = Keeping(connection, Shelf(*place, self._withdrawals), self._clock())
            made[:] = [keeping]
            return keeping.put(group, lost, teller)

        taken = self._file.run(work)
        made[0].advance([teller, *(session for session, _ in group)])
        return taken

    def session(self, timeout: float) -> Session:
        """Return the session of a process that alone may resume one."""
        now = self._clock()
        return self._file.run(lambda connection: resume(connection, now, timeout, uuid7(now)))

    def waiting(self, most: int) -> Waiting:
        """Return what lies there, counting no more than `most` events."""

        def work(connection: sqlite3.Connection) -> Waiting:
            query = "SELECT COUNT(*), IFNULL(SUM(n), 0) FROM "
            inner = "(SELECT LENGTH(body) AS n FROM events ORDER BY id LIMIT ?)"
            events, size = connection.execute(query + inner, (most,)).fetchone()
            batches = connection.execute("SELECT id, attempts FROM batches ORDER BY attempts, id")
            asked = connection.execute("SELECT asked_at, asked_seconds FROM account").fetchone()
            return Waiting(events, size, tuple(batches.fetchall()), asked)

        return self._file.run(work)

    def cut(self) -> bool:
        """Cut a batch, and tell whether there was anything to cut."""
        key = uuid7(self._clock())
        return self._file.run(lambda each: batching.cut_batch(each, key, self._cut))

    def read(self, number: int) -> Batch | None:
        """Return a batch, unless another process has settled it, or consent was withdrawn."""
        return self._file.run(lambda each: batching.read_batch(each, number))

    def acknowledge(self, batch: Batch) -> None:
        """Delete a batch that is stored."""
        self._file.run(lambda each: batching.delete_batch(each, batch))

    def failed(self, batch: Batch, asked_seconds: float) -> None:
        """Note an attempt, and the pause that the server asked for."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE batches SET attempts = attempts + 1 WHERE id = ?", (batch.id,)
            )
            if asked_seconds:
                query = "UPDATE account SET asked_at = ?, asked_seconds = ?"
                connection.execute(query, (self._clock(), asked_seconds))

        self._file.run(work)

    def split(self, batch: Batch) -> None:
        """Replace a batch that is too large by its halves."""

        def new_key() -> str:
            return uuid7(self._clock())

        self._file.run(lambda each: batching.split_batch(each, batch, new_key, self._cut))

    def park(self, batch: Batch, status: int, reason: str, message: str) -> None:
        """Lay a batch aside for a person."""
        at = iso(self._clock())
        why = (status, reason, message)
        self._file.run(lambda each: batching.park_batch(each, batch, why, at))

    def parked(self) -> list[Parked]:
        """Return the batches that wait for a person."""
        query = (
            "SELECT body, key, status, reason, message, parked_at FROM parked ORDER BY parked_at"
        )
        rows: list[Any] = self._file.run(lambda each: each.execute(query).fetchall())
        return [Parked(tuple(batching.lines_of(body)), *row) for body, *row in rows]

    def retry_parked(self) -> int:
        """Send again what is parked; return how many batches."""
        return self._file.run(batching.unpark)

    def counts(self) -> tuple[int, int, int]:
        """Return how many events wait, batches are parked, and events were dropped."""
        query = (
            "SELECT (SELECT COUNT(*) FROM events) + (SELECT IFNULL(SUM(count), 0) FROM batches),"
            " (SELECT COUNT(*) FROM parked), dropped FROM account"
        )
        row: tuple[int, int, int] = self._file.run(lambda each: each.execute(query).fetchone())
        return row

    def withdraw(self) -> None:
        """Delete all that is kept, here and for the other processes of this folder."""
        try:
            self._file.run(_delete_all)
        except sqlite3.Error:  # even deleting takes room on a full disk
            self._file.begin_anew()
        self._file.erase()

    def grant(self) -> None:
        """Keep again after a withdrawal."""
        self._withdrawals = self._file.run(_withdrawals)


def _withdrawals(connection: sqlite3.Connection) -> Any:  # noqa: ANN401 - as sqlite3 has it
    return connection.execute("SELECT withdrawals FROM account").fetchone()[0]


def _delete_all(connection: sqlite3.Connection) -> None:
    for table in ("events", "batches", "parked", "session"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    connection.execute("UPDATE account SET bytes = 0, untold = 0, withdrawals = withdrawals + 1")
