"""The outbox: a finalize event per new generation, written in the object's own transaction."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.disk.group_commit import Transaction
from analytics_local_cloud.storage.metadata import StoredObject

_KEPT_AFTER_DELIVERY = 1000
_CLEANING_INTERVAL = 100
_PATIENCE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One event; `resource` is the object as JSON text, `next_attempt_at` seconds since the epoch.

    `state` is `pending`, `delivered`, or `discarded` once its retention was over.
    """

    id: int
    bucket: str
    name: str
    generation: int
    resource: str
    state: str
    attempts: int
    next_attempt_at: float
    last_error: str | None


class Outbox:
    """The events in `database`; the last delivered ones are kept for people to look at."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: set[Callable[[], object]] = set()

    def add(self, transaction: Transaction, stored: StoredObject) -> None:
        """Announce a new object; listeners are called once that is durable."""
        cursor = transaction.connection.execute(
            "INSERT INTO outbox (bucket, name, generation, resource, next_attempt_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                stored.bucket,
                stored.name,
                stored.generation,
                msgspec.json.encode(stored.resource()).decode(),
                time.time(),
            ),
        )
        event_id = cursor.lastrowid or 0
        if event_id % _CLEANING_INTERVAL == 0:
            transaction.connection.execute(
                "DELETE FROM outbox WHERE id <= ? AND state = 'delivered'",
                (event_id - _KEPT_AFTER_DELIVERY,),
            )
        transaction.after_commit[self._notify] = None

    @contextmanager
    def listener(self, call: Callable[[], object]) -> Iterator[None]:
        """Call `call`, from another thread, after new events while the context lasts."""
        self._listeners.add(call)
        try:
            yield
        finally:
            self._listeners.remove(call)

    def due(self, bucket: str, limit: int) -> list[OutboxEvent]:
        """Return the `limit` pending events that are due first, whether now or later."""
        query = (
            "SELECT * FROM outbox WHERE bucket = ? AND state = 'pending'"
            " ORDER BY next_attempt_at, id LIMIT ?"
        )
        return self._select(query, bucket, limit)

    def pending(self, bucket: str) -> int:
        """Return the number of events that are still to be delivered."""
        query = "SELECT count(*) FROM outbox WHERE bucket = ? AND state = 'pending'"
        count: int = self._database.reader().execute(query, (bucket,)).fetchone()[0]
        return count

    def latest(self, limit: int) -> list[OutboxEvent]:
        """Return the latest events, whatever became of them, newest first."""
        return self._select("SELECT * FROM outbox ORDER BY id DESC LIMIT ?", limit)

    async def settle(self, event: OutboxEvent) -> None:
        """Record what became of a delivery: state, attempts, next attempt and last error.

        Losing it would only deliver again, so it waits for others to share a transaction with.
        """

        def update(transaction: Transaction) -> None:
            transaction.connection.execute(
                "UPDATE outbox SET state = ?, attempts = ?, next_attempt_at = ?, last_error = ?"
                " WHERE id = ?",
                (event.state, event.attempts, event.next_attempt_at, event.last_error, event.id),
            )

        await self._database.writer.run(update, _PATIENCE_SECONDS)

    def _select(self, query: str, *values: object) -> list[OutboxEvent]:
        return [OutboxEvent(*row) for row in self._database.reader().execute(query, values)]

    def _notify(self) -> None:
        for call in tuple(self._listeners):
            call()
