"""The streaming buffer: rows that were streamed a moment ago, which no statement may change.

BigQuery refuses UPDATE, DELETE, MERGE and TRUNCATE over such rows for 30 to 90 minutes after
insertAll ("Data manipulation language" guide, Limitations); here it is a number of seconds. Rows
of load jobs and of statements are never in it.

Only memory knows which rows are in it: after a restart all rows count as older.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import duckdb

from analytics_local_cloud.warehouse.catalog.engine import Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference

STREAMING_BUFFER_SECONDS = 60.0
_TOGETHER_SECONDS = 0.1


@dataclass
class _Run:
    """Rows streamed together; `start` is how many rows of their table come before them.

    DuckDB keeps the order of rows; their ids change when it vacuums what was deleted.
    """

    start: int
    count: int
    expiry: float


@dataclass(frozen=True)
class BufferedRows:
    """Neighbouring rows in the buffer, by the row ids they have until the transaction ends."""

    first_id: int
    last_id: int
    runs: Sequence[_Run]


class StreamingBuffer:
    """Knows the rows of each table that are in it; `clock` returns seconds since the epoch.

    Every method works within a write transaction, so one at a time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._runs: dict[TableReference, list[_Run]] = {}

    def add(
        self,
        transaction: Transaction,
        table: TableReference,
        streamed: Sequence[tuple[int, float]],
    ) -> None:
        """Take in rows that the transaction appends to the table next.

        `streamed` tells how many came when: their time began then, however long they waited since.
        """
        if self._seconds > 0:
            start = _count(transaction.connection, table)
            runs = self._as_runs(start, streamed)
            transaction.then(lambda: self._current(table).extend(runs))

    def _as_runs(self, start: int, streamed: Sequence[tuple[int, float]]) -> list[_Run]:
        """Return the runs from that row on; what came together is one."""
        runs: list[_Run] = []
        for count, at in streamed:
            expiry = at + self._seconds
            if runs and abs(expiry - runs[-1].expiry) < _TOGETHER_SECONDS:
                runs[-1].count += count
            else:
                runs.append(_Run(start, count, expiry))
            start += count
        return runs

    def rows(self, transaction: Transaction, table: TableReference) -> list[BufferedRows]:
        """Return the table's rows that are in the buffer."""
        groups: list[list[_Run]] = []
        for run in self._current(table):
            if groups and groups[-1][-1].start + groups[-1][-1].count == run.start:
                groups[-1].append(run)
            else:
                groups.append([run])
        return [_locate(transaction.connection, table, runs) for runs in groups]

    def move(
        self, transaction: Transaction, table: TableReference, buffered: Sequence[BufferedRows]
    ) -> None:
        """Find the rows again after the transaction changed others of the table."""
        for rows in buffered:
            start = _count(transaction.connection, table, f"rowid < {rows.first_id}")
            transaction.then(partial(_shift, rows.runs, start - rows.runs[0].start))

    def forget(self, transaction: Transaction, table: TableReference) -> None:
        """Drop a table's rows, which are gone with it."""
        transaction.then(lambda: self._runs.pop(table, None))

    def _current(self, table: TableReference) -> list[_Run]:
        now = self._clock()
        runs = self._runs[table] = [run for run in self._runs.get(table, ()) if run.expiry > now]
        return runs


def _shift(runs: Sequence[_Run], distance: int) -> None:
    for run in runs:
        run.start += distance


def _locate(
    connection: duckdb.DuckDBPyConnection, table: TableReference, runs: Sequence[_Run]
) -> BufferedRows:
    count = sum(run.count for run in runs)
    sql = (
        f"SELECT min(rowid), max(rowid) FROM (SELECT rowid FROM {table.physical} "  # noqa: S608 - quoted
        f"LIMIT {count} OFFSET {runs[0].start})"
    )
    ((first_id, last_id),) = connection.execute(sql).fetchall()
    return BufferedRows(first_id, last_id, runs)


def _count(
    connection: duckdb.DuckDBPyConnection, table: TableReference, condition: str = "TRUE"
) -> int:
    sql = f"SELECT count(*) FROM {table.physical} WHERE {condition}"  # noqa: S608 - quoted
    ((count,),) = connection.execute(sql).fetchall()
    return int(count)
