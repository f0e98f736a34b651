"""The tables of an outbox."""

import sqlite3

VERSION = 1
OVERHEAD = 64  # about what a row takes beside its body, counted so that many small ones do count

_TABLES = """
CREATE TABLE events (    -- kept, and in no batch yet; in the order of `id`
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    route TEXT NOT NULL, -- the parameters of the URL that say where it belongs
    body BLOB NOT NULL   -- one line of JSON
);
CREATE TABLE batches (   -- named, and not acknowledged yet
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- its Idempotency-Key
    route TEXT NOT NULL,
    count INTEGER NOT NULL,   -- of events
    body BLOB NOT NULL,       -- byte for byte what is sent, maybe gzip
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE parked (    -- refused for what they are: a person looks at them
    key TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    count INTEGER NOT NULL,
    body BLOB NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    parked_at TEXT NOT NULL
);
CREATE TABLE account (   -- one row
    bytes INTEGER NOT NULL,       -- of all bodies above, with their overhead
    dropped INTEGER NOT NULL,     -- events, since the outbox was made
    untold INTEGER NOT NULL,      -- of them, those that no event `client_dropped` tells yet
    withdrawals INTEGER NOT NULL, -- of consent
    asked_at REAL NOT NULL,       -- by the device's clock: when the server said Retry-After
    asked_seconds REAL NOT NULL   -- and how long
);
CREATE TABLE session (   -- at most one row: the session that a restart may resume
    id TEXT NOT NULL,
    next INTEGER NOT NULL,
    used REAL NOT NULL
);
INSERT INTO account VALUES (0, 0, 0, 0, 0, 0);
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new outbox, or check those of an old one.

    Raises `sqlite3.DatabaseError` where the file is damaged, or of another version.
    """
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        script = f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={VERSION}; COMMIT"
        connection.executescript(script)
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"the outbox is of version {version}")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    if connection.execute("SELECT COUNT(*) FROM account").fetchone() != (1,):
        raise sqlite3.DatabaseError("the account of the outbox is missing")
