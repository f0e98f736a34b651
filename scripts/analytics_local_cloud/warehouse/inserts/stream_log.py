"""The log of accepted rows: what insertAll has answered for and DuckDB does not hold yet.

One file per batch, `stream-NUMBER.log`: length-prefixed msgpack records, each written by one
system call before the request is answered. So they survive a kill of the process at any moment;
a record that a kill cut short was never answered for, and is dropped.
"""

import errno
import struct
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Self

import msgspec

from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.values.json_rows import Row

_LENGTH = struct.Struct(">I")


class AcceptedRows(msgspec.Struct, array_like=True, frozen=True):
    """Rows for one table, in the order of `columns`; `accepted` at a time since the epoch."""

    project: str
    dataset: str
    table: str
    columns: tuple[str, ...]
    rows: list[Row]
    accepted: float = 0.0  # in a log of before it was written there

    @classmethod
    def of(cls, table: TableEntry, rows: list[Row], accepted: float) -> Self:
        """Return the record of rows that fit the table as it is now."""
        parent, names = table.reference.parent, tuple(column.name for column in table.columns)
        return cls(parent.project, parent.dataset, table.reference.table, names, rows, accepted)

    @property
    def reference(self) -> TableReference:
        """The table."""
        return TableReference(DatasetReference(self.project, self.dataset), self.table)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AcceptedRows).decode


class Batch:
    """Accepted rows that go to DuckDB in one transaction, and the file that backs them up.

    `size` is that of the file in bytes.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self.records: list[AcceptedRows] = []
        self._path = folder / f"stream-{number:012d}.log"
        self._file: FileIO | None = None
        self.size = 0

    def add(self, record: AcceptedRows) -> None:
        """Write the record to the log; raises `OSError` having written nothing of it."""
        if self._file is None:
            self._file = FileIO(self._path, "ab")
        payload = _encode(record)
        content = _LENGTH.pack(len(payload)) + payload
        if self._file.write(content) != len(content):
            self._file.truncate(self.size)
            raise OSError(errno.ENOSPC, "the log of streamed rows cannot grow")
        self.size += len(content)
        self.records.append(record)

    def close(self) -> None:
        """Stop writing to the file."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Delete the file: the rows are in DuckDB."""
        self.close()
        self._path.unlink(missing_ok=True)

    @classmethod
    def recover(cls, folder: Path) -> Iterator[Self]:
        """Yield the batches that an earlier process left behind, oldest first."""
        for path in sorted(folder.glob("stream-*.log")):
            batch = cls(folder, int(path.stem.rpartition("-")[2]))
            content = path.read_bytes()
            batch.records, batch.size = list(_read(content)), len(content)
            yield batch


def _read(content: bytes) -> Iterator[AcceptedRows]:
    position = 0
    while position + _LENGTH.size <= len(content):
        (length,) = _LENGTH.unpack_from(content, position)
        start, position = position + _LENGTH.size, position + _LENGTH.size + length
        if position <= len(content):
            yield _decode(content[start:position])
