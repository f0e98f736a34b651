"""Streaming inserts: accepted through a log, stored in DuckDB a batch at a time.

A DuckDB statement costs 2 ms of CPU however few rows it has, so rows gather for a moment; every
read of the warehouse stores them first and sees them all.
"""

import logging
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from analytics_local_cloud.warehouse.catalog.catalog import Catalog, TableEntry
from analytics_local_cloud.warehouse.catalog.engine import Engine, Transaction
from analytics_local_cloud.warehouse.catalog.references import TableReference
from analytics_local_cloud.warehouse.inserts.row_portions import PORTION_BYTES, insert_rows
from analytics_local_cloud.warehouse.inserts.stream_log import AcceptedRows, Batch
from analytics_local_cloud.warehouse.inserts.streaming_buffer import StreamingBuffer
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.json_rows import Row

GATHER_SECONDS = 0.25
INSERT_ID_SECONDS = 60.0
_BEHIND_BYTES = 4 * PORTION_BYTES
_CREATE = """
CREATE SCHEMA IF NOT EXISTS _warehouse;
CREATE TABLE IF NOT EXISTS _warehouse.stored_batch AS SELECT 0 AS number"""
# What no repetition mends; OperationalError (a full disk, no memory) is kept for another attempt.
_HOPELESS = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.NotSupportedError,
    duckdb.ProgrammingError,
)
_log = logging.getLogger(__name__)


class Appender:
    """Takes rows from any thread; its own thread stores them soon after.

    Batches are numbered, and the number of the last one stored is part of its transaction: a
    batch whose log file outlives a kill is stored exactly once.
    """

    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        buffer: StreamingBuffer,
        folder: Path,
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._catalog, self._clock = engine, catalog, clock
        self._buffer, self._folder = buffer, folder
        self._session = engine.open_session()
        self._session.execute(_CREATE)
        self._accepting, self._storing = threading.Lock(), threading.Lock()
        # Ordered: the first of a dict is found only past all that were taken out before it.
        self._seen: dict[TableReference, OrderedDict[str, float]] = defaultdict(OrderedDict)
        self._full: list[Batch] = []
        self._current = Batch(folder, self._recover() + 1)
        self.flush()
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="warehouse-appender", daemon=True)
        self._thread.start()

    def append(
        self, table: TableEntry, rows: Sequence[Row], insert_ids: Sequence[str | None]
    ) -> None:
        """Accept rows for good; one whose insert id was accepted within a minute is absorbed."""
        now = self._clock()
        expiry = now + INSERT_ID_SECONDS
        with self._accepting:
            seen = self._remembered(table.reference)
            claimed: dict[str, float] = {}
            unseen = []
            for row, insert_id in zip(rows, insert_ids, strict=True):
                if insert_id is None:
                    unseen.append(row)
                elif insert_id not in seen and insert_id not in claimed:
                    claimed[insert_id] = expiry
                    unseen.append(row)
            if unseen:
                self._current.add(AcceptedRows.of(table, unseen, now))
                seen.update(claimed)
                if self._current.size >= PORTION_BYTES:
                    self._begin_batch()
                self._wake.set()

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be stored that who has more should `flush` first."""
        return sum(batch.size for batch in (*self._full, self._current)) >= _BEHIND_BYTES

    def flush(self) -> None:
        """Return once every row accepted so far is in DuckDB."""
        with self._storing:
            with self._accepting:
                if self._current.records:
                    self._begin_batch()
                accepted = tuple(self._full)
            for batch in accepted:
                self._store(batch)
                self._full.remove(batch)
                batch.discard()

    def close(self) -> None:
        """Store what is left and stop."""
        self._stopped.set()
        self._wake.set()
        self._thread.join()
        self.flush()
        self._session.close()

    def _begin_batch(self) -> None:
        self._full.append(self._current)
        self._current = Batch(self._folder, self._current.number + 1)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stopped.wait(GATHER_SECONDS)
            try:
                self.flush()
            except duckdb.Error:
                _log.exception("streamed rows stay in the log until the next attempt")

    def _recover(self) -> int:
        """Queue the batches that a killed process left; returns the highest number used."""
        row = self._session.execute("FROM _warehouse.stored_batch").fetchone()
        stored = int(row[0]) if row else 0
        for batch in Batch.recover(self._folder):
            if batch.number > stored:
                self._full.append(batch)
            else:
                batch.discard()
        return max([stored, *(batch.number for batch in self._full)])

    def _remembered(self, reference: TableReference) -> dict[str, float]:
        """Return the table's insert ids and when each is forgotten, the oldest first."""
        seen, now = self._seen[reference], self._clock()
        while seen and next(iter(seen.values())) <= now:
            del seen[next(iter(seen))]
        return seen

    def _store(self, batch: Batch) -> None:
        """Insert a batch, without those of its records that DuckDB will never take."""
        try:
            self._commit(batch.records, batch.number)
        except _HOPELESS:
            self._commit([r for r in batch.records if self._is_storable(r)], batch.number)

    def _is_storable(self, record: AcceptedRows) -> bool:
        try:
            with self._engine.trial(self._session) as trial:
                self._insert(trial, [record])
        except _HOPELESS:
            _log.exception("rows for %s are lost: they do not fit", record.reference.label)
            return False
        return True

    def _commit(self, records: Sequence[AcceptedRows], number: int) -> None:
        with self._engine.transaction(self._session) as transaction:
            self._insert(transaction, records)
            self._session.execute("UPDATE _warehouse.stored_batch SET number = ?", [number])

    def _insert(self, transaction: Transaction, records: Sequence[AcceptedRows]) -> None:
        """Insert rows. Those of a table that was deleted or replaced meanwhile are dropped."""
        together: dict[tuple[TableReference, tuple[str, ...]], list[AcceptedRows]]
        together = defaultdict(list)
        for record in records:
            together[record.reference, record.columns].append(record)
        for (reference, names), same in together.items():
            columns = self._columns(reference, names)
            if columns:
                rows = [row for record in same for row in record.rows]
                streamed = [(len(record.rows), record.accepted) for record in same]
                self._buffer.add(transaction, reference, streamed)
                insert_rows(self._session, reference.physical, columns, rows)

    def _columns(self, reference: TableReference, names: Sequence[str]) -> list[Column]:
        if not self._catalog.has_table(reference):
            return []
        known = {column.name: column for column in self._catalog.table(reference).columns}
        return [known[name] for name in names] if known.keys() >= set(names) else []
