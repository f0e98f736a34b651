"""Objects as rows, the same way for `load` and `reconcile`: read, verify, take apart, insert."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from analytics_pipeline.errors import TransientError
from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.load.failures import PermanentLoadError, RequestRejected
from analytics_pipeline.load.ports import ObjectReader, RowSink
from analytics_pipeline.load.rows import LineContext, Reject, Row, make_row
from analytics_pipeline.stored_objects import StoredObject

MAX_OBJECT_BYTES = 64_000_000  # a batch of MAX_BODY_BYTES with its envelopes stays well below
MAX_ROW_BYTES = 5_000_000  # BigQuery's internal form of a row is larger than its JSON
_MAX_ROWS_PER_INSERT = 500
_MAX_BYTES_PER_INSERT = 4_000_000
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row on its way into BigQuery, with the line it was made of."""

    row: Row
    line: int
    payload: bytes

    def reject(self, reason: str, detail: str) -> Reject:
        """Return the line as one that cannot become a row."""
        return Reject(self.line, reason, detail, self.payload)


def read_content(reader: ObjectReader, stored: StoredObject) -> bytes:
    """Return the decoded content of exactly that generation.

    Raises PermanentLoadError where no retry can help, ObjectGone, or TransientError.
    """
    if stored.size > MAX_OBJECT_BYTES:
        raise PermanentLoadError("object_too_large", f"{stored.size} bytes")
    content = _decode(reader.read(stored.ref), stored.content_encoding)
    recorded = stored.metadata.get("content_md5")
    actual = b64encode(md5(content, usedforsecurity=False).digest()).decode()
    if recorded is not None and recorded != actual:
        raise PermanentLoadError("md5_mismatch", f"recorded {recorded}, read {actual}")
    return content


def make_candidates(
    content: bytes, context: LineContext, rejects: list[Reject]
) -> Iterator[Candidate]:
    """Yield a candidate for each line that makes a row; the others join `rejects`."""
    for index, payload in enumerate(content.split(b"\n")):
        if not payload.strip():
            continue
        row = make_row(payload, context, index)
        if isinstance(row, Reject):
            rejects.append(row)
            continue
        candidate = Candidate(row, index + 1, payload)
        if row.size > MAX_ROW_BYTES:
            rejects.append(candidate.reject("row_too_large", f"{row.size} bytes"))
        else:
            yield candidate


def check_complete(stored: StoredObject, positions: Collection[str]) -> None:
    """Raise PermanentLoadError for an object that holds fewer events than it says.

    One that says nothing and is not empty has to hold one. Loading it again would not help.
    """
    said = 1 if stored.event_count is None else stored.event_count
    if len(positions) < said:
        raise PermanentLoadError("events_missing", f"{len(positions)} of {said} events are in it")


def insert_candidates(sink: RowSink, candidates: Iterable[Candidate], rejects: list[Reject]) -> int:
    """Stream the rows into BigQuery and return their number; refused ones join `rejects`."""
    inserted = 0
    for chunk in _chunks(candidates):
        refused = _insert(sink, chunk)
        inserted += len(chunk) - len(refused)
        rejects += refused
    return inserted


def _insert(sink: RowSink, candidates: Sequence[Candidate]) -> list[Reject]:
    """Insert the rows and return the refused ones; halves a request refused as a whole."""
    try:
        refusals = sink.insert_rows([candidate.row for candidate in candidates])
    except RequestRejected as exc:
        if len(candidates) == 1:
            return [candidates[0].reject("request_rejected", str(exc))]
        middle = len(candidates) // 2
        return _insert(sink, candidates[:middle]) + _insert(sink, candidates[middle:])
    rejects = [
        candidates[refusal.index].reject("invalid_row", refusal.detail)
        for refusal in refusals
        if refusal.is_permanent
    ]
    held_back = [candidates[r.index] for r in refusals if not r.is_permanent]
    if held_back and not rejects:
        raise TransientError("BigQuery held rows back without refusing any")
    return rejects + (_insert(sink, held_back) if held_back else [])


def _decode(content: bytes, encoding: str) -> bytes:
    """Undo Content-Encoding, which Cloud Storage may have undone itself (transcoding)."""
    if encoding not in {"", "identity", "gzip"}:
        raise PermanentLoadError("unsupported_encoding", f"Content-Encoding {encoding!r}")
    if encoding != "gzip" or not content.startswith(_GZIP_MAGIC):
        return content
    gunzip, decoded = Gunzip(), bytearray()
    try:
        for piece in gunzip.decode(content):
            decoded += piece
            if len(decoded) > MAX_OBJECT_BYTES:
                raise PermanentLoadError("object_too_large", "the decoded content")
        gunzip.finish()
    except CorruptGzip as exc:
        raise PermanentLoadError("corrupt_gzip", str(exc)) from exc
    return bytes(decoded)


def _chunks(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Group candidates into requests that BigQuery takes (10 MB, 500 rows recommended)."""
    chunk: list[Candidate] = []
    size = 0
    for candidate in candidates:
        if chunk and (
            len(chunk) == _MAX_ROWS_PER_INSERT or size + candidate.row.size > _MAX_BYTES_PER_INSERT
        ):
            yield chunk
            chunk, size = [], 0
        chunk.append(candidate)
        size += candidate.row.size
    if chunk:
        yield chunk
