"""The minimal client with all that the protocol asks for: limits, consent, sessions, a thread."""

import fcntl
import json
import random
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.reference.minimal_client import MinimalClient, new_key
from conformance.reference.retried_uploads import upload_file

MOST_BYTES, MOST_BYTES_OF_EVENT = 50_000_000, 256 * 1024
_TABLES = (
    "CREATE TABLE IF NOT EXISTS sessions (id PRIMARY KEY, next INTEGER, seen REAL)",
    "CREATE TABLE IF NOT EXISTS drops (count INTEGER)",
)


class TooLarge(ValueError):
    """An event is larger than one may be."""


class ReferenceClient(MinimalClient):
    """Sends in a thread of its own; several processes may share the folder."""

    database = "outbox.sqlite"

    def __init__(self, folder, url, parameters, options):
        self.options = {"flush_events": 100, "flush_seconds": 10.0, "max_bytes": MOST_BYTES}
        self.options |= {"retry_base_ms": 1000, "retry_cap_ms": 300_000, "session_timeout": 0}
        self.options |= options
        self.ahead, self.is_halted, self.is_closed = 0.0, False, False
        self.is_granted = self.options.get("consent", True) is True
        # One for the connection, one for whoever sends: consent is withdrawn between two requests.
        self.access, self.sending = threading.RLock(), threading.Lock()
        self.wake = threading.Event()
        self.not_before = self.next_try = 0.0
        self.right_to_send = (Path(folder) / "sender.lock").open("w")
        self.gateway = url
        in_memory = self.database == ":memory:"
        path = self.database if in_memory else Path(folder) / self.database
        try:
            super().__init__(path, url, parameters)
        except sqlite3.DatabaseError:
            path.rename(path.with_suffix(".damaged"))
            super().__init__(path, url, parameters)
        self.outbox.execute("PRAGMA busy_timeout = 60000")
        for table in _TABLES:
            self.write(table)
        self.begin_session(self.options["session_timeout"])
        self.thread = threading.Thread(target=self.send_always, daemon=True)
        self.thread.start()

    def write(self, sql, *values):
        with self.access:
            return super().write(sql, *values)

    def number(self, sql, *values):
        """Return the number that a query finds, 0 for none."""
        with self.access:
            return (self.outbox.execute(sql, values).fetchone() or [0])[0] or 0

    def now(self):
        clock = datetime.now(UTC) + timedelta(seconds=self.ahead)
        return clock.isoformat().replace("+00:00", "Z")

    def begin_session(self, timeout=0):
        """Begin a session, or go on with the last one if it was seen so many seconds ago."""
        since = time.time() - timeout if timeout else float("inf")
        with self.access:
            found = self.outbox.execute(
                "SELECT id FROM sessions WHERE seen > ? ORDER BY seen DESC", [since]
            ).fetchone()
            self.session = found[0] if found else new_key()
            self.write("INSERT OR IGNORE INTO sessions VALUES (?, 0, ?)", self.session, time.time())

    def keep(self, event_type, **fields):
        """Keep one event; returns whether there was room. The caller begins and ends."""
        index = self.number("SELECT next FROM sessions WHERE id = ?", self.session)
        event = {"eventType": event_type, "eventTimestamp": self.now(), "sessionId": self.session}
        event |= {"eventIndex": index, "eventId": f"{self.session}.{index}", **fields}
        text = json.dumps(event)
        if len(text) > MOST_BYTES_OF_EVENT:
            raise TooLarge(f"an event of {len(text)} bytes: {MOST_BYTES_OF_EVENT} at most")
        used = self.number("SELECT SUM(LENGTH(event)) FROM events")
        if used + len(text) > self.options["max_bytes"]:
            return False
        self.outbox.execute("INSERT INTO events (event) VALUES (?)", [text])
        self.outbox.execute(
            "UPDATE sessions SET next = next + 1, seen = ? WHERE id = ?",
            [time.time(), self.session],
        )
        return True

    def track_all(self, event_type, attributes):
        """Keep events in one transaction; returns (how many, how many were dropped)."""
        if not self.is_granted:
            return 0, 0
        with self.access, self.outbox:
            self.outbox.execute("BEGIN IMMEDIATE")
            self.tell_drops()
            kept = sum(self.keep(event_type, eventAttributes=each) for each in attributes)
            dropped = len(attributes) - kept
            if dropped:
                self.outbox.execute("INSERT INTO drops VALUES (?)", [dropped])
        if self.number("SELECT COUNT(*) FROM events") >= self.options["flush_events"]:
            self.wake.set()
        return kept, dropped

    def tell_drops(self):
        """Keep an event about what was dropped, once there is room for it."""
        dropped = self.number("SELECT SUM(count) FROM drops")
        told = {"dropped": dropped, "reason": "outbox_full"}
        if dropped and self.keep("client_dropped", eventAttributes=told):
            self.outbox.execute("DELETE FROM drops")

    def batch(self):
        with self.access:
            return super().batch()

    def try_to_send(self):
        """Send one batch, if nobody else does and it may go out; returns whether more may follow.

        Retry-After, and a pause after a failure, are kept by `not_before` and `next_try`.
        """
        with self.sending:
            if not self.is_granted or time.monotonic() < self.not_before:
                return False
            try:
                fcntl.flock(self.right_to_send, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            try:
                pause = self.send()
            finally:
                fcntl.flock(self.right_to_send, fcntl.LOCK_UN)
        self.is_halted = pause == 300
        self.next_try = time.monotonic() + (pause or 0)
        with self.access, self.outbox:
            self.outbox.execute("BEGIN IMMEDIATE")
            self.tell_drops()
        return pause == 0

    def pause_for(self, retry_after):
        """Return the seconds to wait after a failure."""
        self.not_before = time.monotonic() + retry_after
        base, cap = (self.options[f"retry_{name}_ms"] / 1000 for name in ("base", "cap"))
        return max(retry_after, random.uniform(0, min(cap, base * 2 ** min(self.failures, 30))))

    def send_always(self):
        """Send whenever something is kept, until the client is closed."""
        while not self.is_closed:
            self.wake.wait(self.options["flush_seconds"])
            self.wake.clear()
            while not self.is_closed and time.monotonic() >= self.next_try and self.try_to_send():
                pass

    def left(self):
        """Return how many events are neither acknowledged nor parked."""
        return self.number("SELECT COUNT(*) FROM events WHERE parked IS NULL")

    def flush(self, seconds):
        """Send at once; returns how many events are left after so many seconds, or when empty."""
        deadline = time.monotonic() + seconds
        self.next_try = 0.0
        while self.left() and time.monotonic() < deadline and self.is_granted:
            if time.monotonic() < self.next_try or not self.try_to_send():
                time.sleep(0.01)
            if self.is_halted:
                break
        return self.left()

    def consent(self, *, is_granted):
        """Give or withdraw consent; withdrawn, nothing is kept, and nothing starts to be sent."""
        self.is_granted = is_granted
        with self.sending:
            if is_granted:
                self.begin_session()
            else:
                self.write("DELETE FROM events")

    def upload(self, content, content_type):
        """Store a file; returns its name in Cloud Storage."""
        return upload_file(content, content_type, self.gateway, self.parameters["key"])

    def close(self, seconds):
        """Send what can be sent in so many seconds; returns how many events are left."""
        left = self.flush(seconds)
        self.is_closed = True
        self.wake.set()
        return left
