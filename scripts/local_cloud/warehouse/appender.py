"""Group commit: streaming inserts that arrive together share one DuckDB transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from scripts.local_cloud.warehouse.cells import INSERT_EXPRESSIONS
from scripts.local_cloud.warehouse.errors import ApiError
from scripts.local_cloud.warehouse.references import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.local_cloud.warehouse.catalog import TableEntry
    from scripts.local_cloud.warehouse.columns import Column
    from scripts.local_cloud.warehouse.engine import Engine
    from scripts.local_cloud.warehouse.rows import Row

# A statement costs about 2 ms however few rows it has, so commits are at least this far apart
# under load; the first insert after a pause does not wait.
COMMIT_INTERVAL_SECONDS = 0.02
INSERT_ID_SECONDS = 60.0


@dataclass(frozen=True)
class Append:
    """Rows for one table; each insert id (None: no claim) is absorbed if it was seen before."""

    table: TableEntry
    rows: Sequence[Row]
    insert_ids: Sequence[str | None]


class Appender:
    """Writes appends durably, in order of arrival. Made for one event loop."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: list[tuple[Append, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "warehouse-appender")
        self._session = engine.open_session()
        self._seen: dict[str, dict[str, float]] = defaultdict(dict)

    async def append(self, request: Append) -> None:
        """Return once the rows are committed; raises `ApiError` if they are not."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            pause = asyncio.create_task(asyncio.sleep(COMMIT_INTERVAL_SECONDS))
            requests = [request for request, _ in batch]
            errors = await loop.run_in_executor(self._thread, self._write, requests)
            for (_, done), error in zip(batch, errors, strict=True):
                if not done.done():
                    done.set_exception(error) if error else done.set_result(None)
            await pause

    def _write(self, batch: Sequence[Append]) -> list[ApiError | None]:
        """Commit a batch, one request at a time if it does not go in as a whole."""
        try:
            self._commit(batch)
        except duckdb.Error as exc:
            if len(batch) == 1:
                return [ApiError("backendError", f"Error writing rows: {exc}")]
            return [error for request in batch for error in self._write([request])]
        return [None] * len(batch)

    def _commit(self, batch: Sequence[Append]) -> None:
        claimed: dict[str, dict[str, float]] = defaultdict(dict)
        statements: dict[int, tuple[TableEntry, list[Row]]] = {}
        for request in batch:
            _, rows = statements.setdefault(id(request.table), (request.table, []))
            rows += self._unseen_rows(request, claimed[request.table.reference.physical])
        with self._engine.transaction(self._session) as transaction:
            for table, rows in statements.values():
                insert_rows(transaction.connection, table.reference.physical, table.columns, rows)
        for name, insert_ids in claimed.items():
            self._seen[name].update(insert_ids)

    def _unseen_rows(self, request: Append, claimed: dict[str, float]) -> list[Row]:
        """Return the rows whose insert id is new, and claim these ids."""
        now, rows = self._clock(), []
        seen = self._seen[request.table.reference.physical]
        while seen and next(iter(seen.values())) <= now:
            del seen[next(iter(seen))]
        for row, insert_id in zip(request.rows, request.insert_ids, strict=True):
            if insert_id is None:
                rows.append(row)
            elif insert_id not in seen and insert_id not in claimed:
                claimed[insert_id] = now + INSERT_ID_SECONDS
                rows.append(row)
        return rows

    def close(self) -> None:
        """Finish what is being written and close the session."""
        self._thread.shutdown()
        self._session.close()


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
) -> None:
    """Insert rows of cells into a table (quoted name), one list parameter per column."""
    if not rows:
        return
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(INSERT_EXPRESSIONS[column.type] for column in columns)
    sql = f"INSERT INTO {table} ({names}) SELECT {values}"  # noqa: S608 - quoted names only
    connection.execute(sql, [list(cells) for cells in zip(*rows, strict=True)])
