"""Batches: cut of the waiting events, named, and replaced or deleted by what is answered."""

import gzip
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from analytics_pipeline_client.outbox.schema import OVERHEAD

_WORTH_COMPRESSING = 1_000


@dataclass(frozen=True)
class Batch:
    """What is sent as one request, the same at each attempt.

    `key` is its Idempotency-Key, `route` the parameters of its URL beside the API key, `body` the
    bytes of the request.
    """

    id: int
    key: str
    route: str
    count: int
    body: bytes
    attempts: int

    def lines(self) -> list[bytes]:
        """Return its events, each one line of JSON."""
        return lines_of(self.body)


@dataclass(frozen=True)
class Cut:
    """How batches are cut: most events, most bytes of their lines, and whether to compress."""

    events: int
    size: int
    compress: bool


def lines_of(body: bytes) -> list[bytes]:
    """Return the lines of the body of a batch."""
    plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    return plain.split(b"\n")


def cut_batch(connection: sqlite3.Connection, key: str, cut: Cut) -> bool:
    """Move the oldest waiting events of one route into a new batch; tell whether there are any."""
    first = connection.execute("SELECT route FROM events ORDER BY id LIMIT 1").fetchone()
    if first is None:
        return False
    query = "SELECT id, body FROM events WHERE route = ? ORDER BY id LIMIT ?"
    taken: list[tuple[int, bytes]] = []
    size = 0
    for number, line in connection.execute(query, (first[0], cut.events)):
        size += len(line) + 1
        if taken and size > cut.size:
            break
        taken.append((number, line))
    _insert(connection, key, first[0], [line for _, line in taken], compress=cut.compress)
    connection.executemany("DELETE FROM events WHERE id = ?", [(number,) for number, _ in taken])
    _account(connection, -sum(len(line) + OVERHEAD for _, line in taken))
    return True


def read_batch(connection: sqlite3.Connection, number: int) -> Batch | None:
    """Return a batch, unless another process has settled it."""
    query = "SELECT id, key, route, count, body, attempts FROM batches WHERE id = ?"
    row = connection.execute(query, (number,)).fetchone()
    return Batch(*row) if row else None


def delete_batch(connection: sqlite3.Connection, batch: Batch) -> bool:
    """Delete a batch, and tell whether it was there."""
    query = "DELETE FROM batches WHERE id = ? AND key = ?"
    if connection.execute(query, (batch.id, batch.key)).rowcount != 1:
        return False
    _account(connection, -len(batch.body) - OVERHEAD)
    return True


def split_batch(
    connection: sqlite3.Connection, batch: Batch, new_key: Callable[[], str], cut: Cut
) -> None:
    """Replace a batch by its two halves, each with a new key."""
    lines = batch.lines()
    middle = len(lines) // 2
    if delete_batch(connection, batch):
        for half in (lines[:middle], lines[middle:]):
            _insert(connection, new_key(), batch.route, half, compress=cut.compress)


def park_batch(
    connection: sqlite3.Connection, batch: Batch, why: tuple[int, str, str], at: str
) -> None:
    """Lay a batch aside for a person, with the status, reason and message of its refusal."""
    if delete_batch(connection, batch):
        row = (batch.key, batch.route, batch.count, batch.body, *why, at)
        connection.execute("INSERT INTO parked VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        _account(connection, len(batch.body) + OVERHEAD)


def unpark(connection: sqlite3.Connection) -> int:
    """Make batches of all that is parked, under the keys they had; return how many."""
    query = "INSERT INTO batches (key, route, count, body) SELECT key, route, count, body "
    connection.execute(f"{query} FROM parked ORDER BY parked_at")
    return connection.execute("DELETE FROM parked").rowcount


def _insert(
    connection: sqlite3.Connection, key: str, route: str, lines: list[bytes], *, compress: bool
) -> None:
    body = b"\n".join(lines)
    if compress and len(body) > _WORTH_COMPRESSING:
        body = gzip.compress(body, compresslevel=6, mtime=0)
    query = "INSERT INTO batches (key, route, count, body) VALUES (?, ?, ?, ?)"
    connection.execute(query, (key, route, len(lines), body))
    _account(connection, len(body) + OVERHEAD)


def _account(connection: sqlite3.Connection, more: int) -> None:
    connection.execute("UPDATE account SET bytes = bytes + ?", (more,))
