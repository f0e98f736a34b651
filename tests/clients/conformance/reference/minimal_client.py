"""A client that loses nothing and doubles nothing: its outbox is one SQLite file."""

import json
import random
import secrets
import sqlite3
import time
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests


def new_key():
    """Return a UUIDv7 (RFC 9562): it tells when it was made, so a retry is known for eight days."""
    bits = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)  # version 7
    return str(uuid.UUID(int=bits & ~(0x3 << 62) | (0x2 << 62)))


def seconds_until(retry_after):
    """Return the seconds that a Retry-After asks to wait, an hour at most."""
    if not retry_after.isdigit():
        retry_after = parsedate_to_datetime(retry_after).timestamp() - time.time()
    return min(3600.0, max(0.0, float(retry_after)))


class MinimalClient:
    """For one process at a time; a batch is the events that have its key."""

    def __init__(self, path, url, parameters):
        self.url, self.parameters = f"{url}/v1/event", parameters
        self.outbox = sqlite3.connect(path, check_same_thread=False)
        self.write("PRAGMA synchronous = FULL")
        self.write("CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY, event, key, parked)")
        self.session, self.index, self.failures = new_key(), 0, 0

    def write(self, sql, *values):
        """Change the outbox: it is on the disk when this returns."""
        with self.outbox:
            return self.outbox.execute(sql, values)

    def now(self):
        """Return the device's clock in ISO 8601."""
        return datetime.now(UTC).isoformat().replace("+00:00", "Z")

    def track(self, event_type, **fields):
        """Keep an event."""
        event = {"eventType": event_type, "eventTimestamp": self.now(), "sessionId": self.session}
        event |= {"eventIndex": self.index, "eventId": f"{self.session}.{self.index}", **fields}
        self.write("INSERT INTO events (event) VALUES (?)", json.dumps(event))
        self.index += 1

    def batch(self):
        """Return the oldest batch, its key and events; without one, cut and name it first."""
        oldest = "SELECT key FROM events WHERE key IS NOT NULL AND parked IS NULL ORDER BY n"
        sizes = "SELECT n, SUM(LENGTH(event) + 1) OVER (ORDER BY n) AS size FROM events"
        found = self.outbox.execute(oldest).fetchone()
        (key,) = found or [new_key()]
        if not found:
            self.write(
                "UPDATE events SET key = ? WHERE n IN (SELECT n FROM"
                f" ({sizes} WHERE key IS NULL) WHERE size <= 512000 ORDER BY n LIMIT 100)",
                key,
            )
        rows = self.outbox.execute("SELECT event FROM events WHERE key = ? ORDER BY n", [key])
        return key, [event for (event,) in rows]

    def send(self):
        """Send one batch once; returns the seconds to wait before the next, None at the end."""
        key, events = self.batch()
        if not events:
            return None
        status, told, retry_after = self.post(key, "\n".join(events))
        if status == 200 and told.get("event_count") == len(events):
            self.write("DELETE FROM events WHERE key = ?", key)
            self.failures = 0
        elif status == 413 and len(events) > 1:
            self.split(key, len(events) // 2)
        elif status in {401, 403, 404} or (status == 400 and "reason" not in told):
            return 300  # the API key is wrong, or will be right soon
        elif 400 <= status < 500 and status not in {408, 429}:
            self.write("UPDATE events SET parked = ? WHERE key = ?", told.get("reason"), key)
        else:
            self.failures += 1
            return self.pause_for(retry_after)
        return 0

    def pause_for(self, retry_after):
        """Return the seconds to wait after a failure: at random, so that clients do not march."""
        return max(retry_after, random.uniform(0, min(300, 2**self.failures)))

    def split(self, key, half):
        """Make two batches of one: they are other requests, under other keys."""
        first = "SELECT n FROM events WHERE key = ? ORDER BY n LIMIT ?"
        self.write(
            f"UPDATE events SET key = CASE WHEN n IN ({first}) THEN ? ELSE ? END WHERE key = ?",
            *(key, half, new_key(), new_key(), key),
        )

    def post(self, key, body):
        """Make one attempt; returns status, answer and Retry-After, 0 where there is none."""
        try:
            answer = requests.post(
                self.url,
                data=body.encode(),
                params=self.parameters | {"sent_at": self.now()},
                headers={"Idempotency-Key": key},
                timeout=35,
            )
            told = answer.json() if answer.text.startswith("{") else {}
            return answer.status_code, told, seconds_until(answer.headers.get("Retry-After", "0"))
        except (requests.RequestException, ValueError):
            return 0, {}, 0  # nobody knows whether it arrived: the key makes the retry harmless
