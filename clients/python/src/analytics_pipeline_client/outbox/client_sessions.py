"""A session: what numbers its events from 0 without gaps."""

import sqlite3
from dataclasses import dataclass


@dataclass
class Session:
    """An id, and the `eventIndex` of its next event.

    It belongs to one client of one process. Where it is `resumable`, the outbox remembers it for
    the next start.
    """

    id: str
    next: int = 0
    resumable: bool = False


def resume(connection: sqlite3.Connection, now: float, timeout: float, new_id: str) -> Session:
    """Return the session that the outbox remembers, if it was used `timeout` seconds ago or less.

    Otherwise, or where the clock says that it was used long after now, return a new one.
    """
    row = connection.execute("SELECT id, next, used FROM session").fetchone()
    if row is not None and abs(now - row[2]) <= timeout:
        return Session(id=row[0], next=row[1], resumable=True)
    return Session(id=new_id, resumable=True)


def remember(connection: sqlite3.Connection, session: Session, following: int, now: float) -> None:
    """Note how far a session has come."""
    connection.execute("DELETE FROM session")
    connection.execute("INSERT INTO session VALUES (?, ?, ?)", (session.id, following, now))
