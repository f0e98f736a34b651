"""Use case: a finalized object becomes rows; what cannot become a row becomes a dead letter.

Returning acknowledges the event, raising asks for its redelivery. Delivering an object again is
harmless: rows carry stable insert ids, and the view `events` shows each event id once.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5

from analytics_pipeline import logs
from analytics_pipeline.dead_letters import letter_for_line, letter_for_object
from analytics_pipeline.errors import (
    ObjectGone,
    PermanentLoadError,
    RequestRejected,
    TransientError,
)
from analytics_pipeline.finalized import parse_finalized
from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.ports import ObjectReader, RowSink
from analytics_pipeline.rows import LineContext, Reject, Row, make_row
from analytics_pipeline.stored_objects import StoredObject

MAX_OBJECT_BYTES = 64_000_000  # a batch of MAX_BODY_BYTES with its envelopes stays well below
MAX_ROW_BYTES = 5_000_000  # BigQuery's internal form of a row is larger than its JSON
_MAX_ROWS_PER_INSERT = 500
_MAX_BYTES_PER_INSERT = 4_000_000
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row on its way into BigQuery, with the line it was made of."""

    row: Row
    line: int
    payload: bytes


class Loader:
    """Loads objects of the category `function`; `clock` returns the time in UTC."""

    def __init__(self, reader: ObjectReader, sink: RowSink, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._sink = sink
        self._clock = clock

    def handle(self, data: object) -> None:
        """Load the object that a finalized event describes, or leave it for good reason.

        Raises TransientError when a later delivery may succeed.
        """
        try:
            stored = parse_finalized(data)
        except ValueError as exc:
            logs.write("event_malformed", detail=str(exc))
            return
        if stored is None:
            return
        try:
            self._load(stored)
        except ObjectGone:
            logs.write("object_gone", object=stored.ref.uri, generation=stored.ref.generation)
        except TransientError as exc:
            logs.write_exception("load_failed", exc, object=stored.ref.uri)
            raise

    def _load(self, stored: StoredObject) -> None:
        now = self._clock()
        try:
            content = self._read(stored)
        except PermanentLoadError as exc:
            self._sink.insert_dead_letters([letter_for_object(stored, exc, now)])
            logs.write("object_dead_lettered", object=stored.ref.uri, reason=exc.reason)
            return
        context = LineContext.of(stored, inserted=now)
        rejects: list[Reject] = []
        loaded = 0
        for chunk in _chunks(_candidates(content, context, rejects)):
            refused = self._insert(chunk)
            loaded += len(chunk) - len(refused)
            rejects += refused
        if rejects:
            letters = [letter_for_line(stored, reject, now) for reject in rejects]
            self._sink.insert_dead_letters(letters)
        logs.write(
            "object_loaded",
            object=stored.ref.uri,
            rows=loaded,
            dead_letters=len(rejects),
            lag_seconds=round((self._clock() - stored.created).total_seconds(), 3),
        )

    def _read(self, stored: StoredObject) -> bytes:
        """Return the decoded content; raises PermanentLoadError where no retry can help."""
        if stored.size > MAX_OBJECT_BYTES:
            raise PermanentLoadError("object_too_large", f"{stored.size} bytes")
        content = _decode(self._reader.read(stored.ref), stored.content_encoding)
        recorded = stored.metadata.get("content_md5")
        actual = b64encode(md5(content, usedforsecurity=False).digest()).decode()
        if recorded is not None and recorded != actual:
            raise PermanentLoadError("md5_mismatch", f"recorded {recorded}, read {actual}")
        return content

    def _insert(self, candidates: Sequence[_Candidate]) -> list[Reject]:
        """Insert the rows and return the refused ones; halves a request refused as a whole."""
        try:
            refusals = self._sink.insert_rows([candidate.row for candidate in candidates])
        except RequestRejected as exc:
            if len(candidates) == 1:
                return [_reject(candidates[0], "request_rejected", str(exc))]
            middle = len(candidates) // 2
            return self._insert(candidates[:middle]) + self._insert(candidates[middle:])
        rejects = [
            _reject(candidates[refusal.index], "invalid_row", refusal.detail)
            for refusal in refusals
            if refusal.is_permanent
        ]
        held_back = [candidates[r.index] for r in refusals if not r.is_permanent]
        if held_back and not rejects:
            raise TransientError("BigQuery held rows back without refusing any")
        return rejects + (self._insert(held_back) if held_back else [])


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


def _candidates(
    content: bytes, context: LineContext, rejects: list[Reject]
) -> Iterator[_Candidate]:
    """Yield a candidate for each line that makes a row; the others join `rejects`."""
    for index, payload in enumerate(content.split(b"\n")):
        if not payload.strip():
            continue
        row = make_row(payload, context, index)
        if isinstance(row, Reject):
            rejects.append(row)
            continue
        candidate = _Candidate(row, index + 1, payload)
        if row.size > MAX_ROW_BYTES:
            rejects.append(_reject(candidate, "row_too_large", f"{row.size} bytes"))
        else:
            yield candidate


def _chunks(candidates: Iterator[_Candidate]) -> Iterator[list[_Candidate]]:
    """Group candidates into requests that BigQuery takes (10 MB, 500 rows recommended)."""
    chunk: list[_Candidate] = []
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


def _reject(candidate: _Candidate, reason: str, detail: str) -> Reject:
    return Reject(candidate.line, reason, detail, candidate.payload)
