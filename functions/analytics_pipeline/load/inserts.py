"""Rows and dead letters go into BigQuery in requests that it takes, bounded by their real size."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Generic, TypeVar

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import encoding
from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.ports import InsertRow, RowBulk, RowRefusal, RowSink
from analytics_pipeline.load.rows import Reject, Row

# BigQuery takes 10 MiB and 50,000 rows, and recommends 500 (quotas, "Streaming inserts"). A legal
# row of 5 MB has at most twice that where its JSON columns are strings.
_MAX_ROWS = 500
_MAX_BYTES = 4_000_000

_Item = TypeVar("_Item")
_Insert = Callable[[Sequence[InsertRow]], list[RowRefusal]]


class RowInserter:
    """Streams rows into BigQuery; `inserted` counts them.

    `bulk` is asked for what loads a row that insertAll does not take.
    """

    def __init__(self, sink: RowSink, bulk: Callable[[], RowBulk]) -> None:
        self._sink = sink
        self._bulk = bulk
        self.inserted = 0

    def insert(self, lines: Iterable[Row | Reject]) -> Iterator[Reject]:
        """Insert the rows; yields the rejects among the lines, and rows that BigQuery refuses.

        Raises TransientError.
        """
        request = _Request[Row]()
        for line in lines:
            if isinstance(line, Reject):
                yield line
                continue
            row = encoding.for_insert_all(line)
            if not request.has_room(row):
                yield from self._send(request)
                request = _Request[Row]()
            request.add(line, row)
        yield from self._send(request)

    def _send(self, request: "_Request[Row]") -> Iterator[Reject]:
        for refused, detail in request.send(self._sink.insert_rows):
            if detail is None:
                yield from self._load_alone(refused)
            else:
                self.inserted -= 1
                yield refused.reject("invalid_row", detail)
        self.inserted += len(request)

    def _load_alone(self, row: Row) -> Iterator[Reject]:
        """Load a row that is legal, and that insertAll does not take, by a job of its own."""
        version = f"{row.values['gcs_uri']}#{row.values['generation']}/{row.line.number}"
        job_id = f"load-row-{sha256(version.encode()).hexdigest()[:40]}"
        try:
            self._bulk().load_rows(io.BytesIO(encoding.for_load_job(row.values)), job_id, None)
        except RequestRejected as exc:
            self.inserted -= 1
            yield row.reject("request_rejected", str(exc))


def insert_letters(sink: RowSink, letters: Iterable[DeadLetter]) -> int:
    """Append the letters, all of them, and return their number; raises TransientError."""
    count, request = 0, _Request[DeadLetter]()
    for letter in letters:
        row = encoding.for_dead_letters(letter)
        if not request.has_room(row):
            _send_letters(sink, request)
            request = _Request[DeadLetter]()
        request.add(letter, row)
        count += 1
    _send_letters(sink, request)
    return count


def _send_letters(sink: RowSink, request: "_Request[DeadLetter]") -> None:
    for letter, detail in request.send(sink.insert_dead_letters):
        raise TransientError(f"the dead letter {letter.dead_letter_id} was refused: {detail}")


class _Request(Generic[_Item]):
    """What is inserted at once: rows, and what each of them was made of."""

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._rows: list[InsertRow] = []
        self._size = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def has_room(self, row: InsertRow) -> bool:
        """Return whether the row may join; one that is larger than all goes alone."""
        fits = len(self) < _MAX_ROWS and self._size + len(row.json) <= _MAX_BYTES
        return fits or not self._rows

    def add(self, item: _Item, row: InsertRow) -> None:
        """Let the row join, with what it was made of."""
        self._items.append(item)
        self._rows.append(row)
        self._size += len(row.json)

    def send(self, insert: _Insert) -> Iterator[tuple[_Item, str | None]]:
        """Insert the rows; yields what is refused, and why.

        Instead of the reason comes None for a row that no request can carry: one that is refused
        as a whole is halved. Raises TransientError.
        """
        return _send(insert, self._items, self._rows)


def _send(
    insert: _Insert, items: Sequence[_Item], rows: Sequence[InsertRow]
) -> Iterator[tuple[_Item, str | None]]:
    if not rows:
        return
    try:
        refusals = insert(rows)
    except RequestRejected:
        if len(rows) == 1:
            yield items[0], None
            return
        middle = len(rows) // 2
        yield from _send(insert, items[:middle], rows[:middle])
        yield from _send(insert, items[middle:], rows[middle:])
        return
    held_back = [each.index for each in refusals if not each.is_permanent]
    if len(held_back) == len(refusals) > 0:
        raise TransientError("BigQuery held rows back without refusing any")
    yield from ((items[each.index], each.detail) for each in refusals if each.is_permanent)
    yield from _send(insert, [items[i] for i in held_back], [rows[i] for i in held_back])
