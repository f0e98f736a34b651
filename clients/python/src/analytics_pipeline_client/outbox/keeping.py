"""Keeping events in the outbox: numbered, within its limit, and with what was dropped told."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from analytics_pipeline_client.device_clock import iso
from analytics_pipeline_client.outbox.client_sessions import Session, remember
from analytics_pipeline_client.outbox.event_lines import encoded, stamped
from analytics_pipeline_client.outbox.schema import OVERHEAD

_LARGEST_TOLD = 1_000
_ROOM_AGAIN = 0.75  # of the limit: so that a full outbox does not tell of each event that it drops


@dataclass(frozen=True)
class Taken:
    """What became of a group: how many events were kept, and how many dropped."""

    kept: int
    dropped: int


@dataclass(frozen=True)
class Shelf:
    """Where events are put: their route, the most bytes of the outbox, and the consents seen."""

    route: str
    max_bytes: int
    withdrawals: int


class Keeping:
    """One group of events on its way into the outbox, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, shelf: Shelf, now: float) -> None:
        self._connection = connection
        self._shelf = shelf
        self._now = now
        self._next: dict[str, int] = {}
        self._rows: list[tuple[str, bytes]] = []
        self._bytes, self._untold, self._withdrawals = connection.execute(
            "SELECT bytes, untold, withdrawals FROM account"
        ).fetchone()

    def put(self, group: Sequence[tuple[Session, bytes]], lost: int, teller: Session) -> Taken:
        """Keep as much of a group as there is room for.

        `lost` events were dropped before, in memory; the session `teller` tells how many were.
        The sessions' own numbers are not changed: the transaction may fail.
        """
        if self._withdrawals != self._shelf.withdrawals:  # in another process
            return Taken(0, 0)
        self._tell(teller)
        fitting = [self._add(session, line) for session, line in group]
        kept, dropped = sum(fitting), lost + len(group) - sum(fitting)
        self._untold += dropped
        self._tell(teller)
        if not self._rows and not dropped:
            return Taken(0, 0)
        self._connection.executemany("INSERT INTO events (route, body) VALUES (?, ?)", self._rows)
        self._connection.execute(
            "UPDATE account SET bytes = ?, untold = ?, dropped = dropped + ?",
            (self._bytes, self._untold, dropped),
        )
        for session in {id(each): each for each, _ in (*group, (teller, b""))}.values():
            if session.resumable and session.id in self._next:
                remember(self._connection, session, self._next[session.id], self._now)
        return Taken(kept, dropped)

    def advance(self, sessions: Sequence[Session]) -> None:
        """Change the sessions' numbers, after the transaction."""
        for session in sessions:
            session.next = self._next.get(session.id, session.next)

    def _add(self, session: Session, line: bytes) -> bool:
        index = self._next.get(session.id, session.next)
        body = stamped(line, session.id, index)
        size = len(body) + OVERHEAD
        if self._bytes + size > self._shelf.max_bytes:
            return False
        self._bytes += size
        self._next[session.id] = index + 1
        self._rows.append((self._shelf.route, body))
        return True

    def _tell(self, teller: Session) -> None:
        """Keep an event that says how many were dropped, once there is room again."""
        if self._untold == 0 or self._bytes > _ROOM_AGAIN * self._shelf.max_bytes:
            return
        event = {
            "eventType": "client_dropped",
            "eventTimestamp": iso(self._now),
            "eventAttributes": {"dropped": self._untold, "reason": "outbox_full"},
        }
        if self._add(teller, encoded(event, _LARGEST_TOLD)):
            self._untold = 0
