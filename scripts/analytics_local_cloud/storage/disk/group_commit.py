"""One thread that writes to SQLite, where requests that wait together share one transaction."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from analytics_local_cloud.storage.storage_errors import Refusal, Unavailable

_MAX_BATCH = 64
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a job works with, and what to call, once each, before and after its commit."""

    connection: sqlite3.Connection
    before_commit: dict[Callable[[], object], None] = field(default_factory=dict)
    after_commit: dict[Callable[[], object], None] = field(default_factory=dict)


Job = Callable[[Transaction], _Result]


@dataclass(slots=True)
class _Entry:
    """One waiting request; its outcome is a failure until the transaction is durable."""

    job: Job[Any]
    future: asyncio.Future[Any]
    result: object = None
    error: Exception | None = None


class GroupCommit:
    """Runs jobs in order, many to a transaction; a job's caller resumes once it is durable.

    A job that refuses (Refusal) does so before it changes anything: the others go on.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: deque[_Entry] = deque()
        self._thread = ThreadPoolExecutor(1, "storage-writer")

    async def run(self, job: Job[_Result], patience: float = 0.0) -> _Result:
        """Return the job's result after its transaction was committed.

        `patience` is how many seconds the job may wait to join another one's transaction. Raises
        what the job refused with, Unavailable when the transaction failed.

        A cancelled caller resumes after its job, too: only then may it clean up what the job uses.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        self._waiting.append(_Entry(job, future))
        if patience:
            loop.call_later(patience, self._start_commit)
        else:
            self._start_commit()
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            future.exception()  # nobody else asks for it
            raise

    def close(self) -> None:
        """Finish what waits, then close the connection."""
        while self._waiting:
            self._thread.submit(self._commit_waiting).result()
        self._thread.shutdown()
        self._connection.close()

    def _start_commit(self) -> None:
        if self._waiting:
            # result() raises, and so logs, what no request could be told: a mistake in this code.
            self._thread.submit(self._commit_waiting).add_done_callback(Future.result)

    def _commit_waiting(self) -> None:
        entries = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MAX_BATCH))]
        if not entries:  # an earlier commit took them along
            return
        failure: Exception | None = Unavailable("the storage could not write")
        try:
            transaction = self._commit(entries)
            failure = None
        except (sqlite3.Error, OSError) as exc:
            failure = Unavailable(f"the storage could not write: {exc}")
        finally:
            _resolve(entries, failure)
        for call in transaction.after_commit if failure is None else ():
            call()

    def _commit(self, entries: Sequence[_Entry]) -> Transaction:
        transaction = Transaction(self._connection)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for entry in entries:
                try:
                    entry.result = entry.job(transaction)
                except Refusal as exc:
                    entry.error = exc
            for call in transaction.before_commit:
                call()
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return transaction


def _resolve(entries: Sequence[_Entry], failure: Exception | None) -> None:
    """Wake the requests, each event loop once."""
    for loop in {entry.future.get_loop() for entry in entries}:
        loop.call_soon_threadsafe(
            _resume, [entry for entry in entries if entry.future.get_loop() is loop], failure
        )


def _resume(entries: Sequence[_Entry], failure: Exception | None) -> None:
    for entry in entries:
        error = failure or entry.error
        if error is None:
            entry.future.set_result(entry.result)
        else:
            entry.future.set_exception(error)
