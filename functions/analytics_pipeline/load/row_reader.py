"""Lines of an object become rows, one by one, whatever they hold: large ones never side by side."""

import threading
from collections.abc import Iterator
from datetime import datetime

import msgspec

from analytics_pipeline.load.contents import Content, Line
from analytics_pipeline.load.rows import LineContext, Reject, Row, make_row

MAX_ROW_BYTES = 5_000_000  # BigQuery's internal form of a row is larger than its JSON
_HEAVY_BYTES = 256 * 1024
# One at a time in an instance: JSON can take fifty times the memory of its text.
_ONE_HEAVY_LINE = threading.Lock()


def read_rows(content: Content, *, inserted: datetime) -> Iterator[Row | Reject]:
    """Yield what each line becomes; `inserted` is the loader's clock, UTC."""
    context = LineContext.of(content.stored, inserted=inserted)
    for line in content.lines():
        if len(line.payload) < _HEAVY_BYTES and not line.is_cut:
            yield make_row(line, context)
        else:
            with _ONE_HEAVY_LINE:
                made = make_heavy_row(line, context)
            yield made


def make_heavy_row(line: Line, context: LineContext) -> Row | Reject:
    """Return the row of a line that may make one that is too large."""
    if line.is_cut or _least_size(line.payload) > MAX_ROW_BYTES:
        return Reject(line, "row_too_large", f"more than {MAX_ROW_BYTES} bytes")
    row = make_row(line, context)
    if isinstance(row, Row):
        size = len(msgspec.json.encode(row.values))
        if size > MAX_ROW_BYTES:
            return row.reject("row_too_large", f"{size} bytes")
    return row


def _least_size(text: bytes) -> int:
    """Return what the JSON text cannot get below when its escapes, spaces and zeros go."""
    shrinking = sum(map(text.count, (b" ", b"\t", b"\r", b"\n", b"0")))
    return len(text) - shrinking - 5 * text.count(b"\\u")
