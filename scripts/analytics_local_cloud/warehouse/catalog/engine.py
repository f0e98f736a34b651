"""The DuckDB file: one writer at a time, a session of its own for everyone else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "checkpoint_threshold": "8MB",
}


@dataclass
class Transaction:
    """A running write; `then` runs after the commit, before the next writer starts."""

    connection: duckdb.DuckDBPyConnection
    _callbacks: list[Callable[[], object]] = field(default_factory=list)

    def then(self, callback: Callable[[], object]) -> None:
        """Run `callback` once the write is durable; a rolled back write never calls it."""
        self._callbacks.append(callback)

    def finish(self) -> None:
        """Commit and run the callbacks."""
        self.connection.commit()
        for callback in self._callbacks:
            callback()


class Engine:
    """Owns the file. DuckDB connections are not thread-safe: each session is for one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(str(path), config=_CONFIG)
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self._writing = threading.Lock()

    def open_session(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, to be closed by the caller."""
        return self._connection.cursor()

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection for reading, with temporary tables of its own."""
        connection = self.open_session()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def transaction(self, session: duckdb.DuckDBPyConnection) -> Iterator[Transaction]:
        """Write through `session`, alone; any error rolls everything back."""
        with self._writing:
            session.begin()
            running = Transaction(session)
            with ExitStack() as undo:
                undo.callback(session.rollback)
                yield running
                undo.pop_all()
            running.finish()

    @contextmanager
    def trial(self, session: duckdb.DuckDBPyConnection) -> Iterator[Transaction]:
        """Write through `session`, alone, and take everything back."""
        with self._writing:
            session.begin()
            try:
                yield Transaction(session)
            finally:
                session.rollback()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Write through a session of its own."""
        with self.session() as session, self.transaction(session) as running:
            yield running

    def close(self) -> None:
        """Checkpoint and release the file."""
        self._connection.close()
