"""The DuckDB file: one writer at a time, a session of its own for everyone else.

DuckDB reads 2,048 values of a column at once, in memory, and each JSON function asks for five times
as much: some GB for forty events of 5 MB beside each other, of which it touches one. It may have
that for a moment. Sorts, groups and windows go to disk beyond a quarter of a GB, and little is kept
between queries.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "checkpoint_threshold": "8MB",
    # A query neither loads nor fetches code; what is needed is built in.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_MAX_MEMORY_BYTES = 8_000_000_000  # as DuckDB counts
_SHARE_OF_MACHINE = 0.6  # of what DuckDB would take, which knows the limits of containers
_OPERATOR_MEMORY = "256MB"
_REST_MEMORY = "64MB"
_ERROR_CLASS = re.compile(r"^[\w ]+ Error: ")


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


@contextmanager
def memory_errors() -> Iterator[None]:
    """Report what does not fit into memory as BigQuery does; another attempt would not help."""
    try:
        yield
    except duckdb.OutOfMemoryException as exc:
        detail = first_line(exc)
        text = f"Resources exceeded during query execution: {detail}"
        raise ApiError("resourcesExceeded", text, "query") from exc


def first_line(exc: duckdb.Error) -> str:
    """Return what DuckDB says, without its advice and the name of its class."""
    return _ERROR_CLASS.sub("", str(exc).strip().partition("\n")[0])


class Engine:
    """Owns the file. DuckDB connections are not thread-safe: each session is for one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(str(path), config=_CONFIG)
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self._memory = _memory_limit(self._connection)
        self._limit_memory(self._memory)
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        self._large_sessions = 0

    def open_session(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, to be closed by the caller."""
        connection = self._connection.cursor()
        connection.execute(f"SET operator_memory_limit = '{_OPERATOR_MEMORY}'")
        return connection

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection for reading, with temporary tables of its own."""
        with closing(self.open_session()) as connection:
            yield connection

    @contextmanager
    def large_session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a session that may need much memory; the last that closes gives it back."""
        with self._counting:
            self._large_sessions += 1
        try:
            with self.session() as connection:
                yield connection
        finally:
            with self._counting:
                self._large_sessions -= 1
                if not self._large_sessions:
                    self._rest()

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

    def _rest(self) -> None:
        """Drop what DuckDB keeps of the file, which it can read again: a lower limit does that."""
        with suppress(duckdb.OutOfMemoryException):  # a writer uses it now
            self._limit_memory(_REST_MEMORY)
        self._limit_memory(self._memory)

    def _limit_memory(self, limit: str) -> None:
        self._connection.execute(f"SET GLOBAL memory_limit = '{limit}'")


def _memory_limit(connection: duckdb.DuckDBPyConnection) -> str:
    sql = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
    ((available,),) = connection.execute(sql).fetchall()
    return f"{min(_MAX_MEMORY_BYTES, int(available * _SHARE_OF_MACHINE))}B"
