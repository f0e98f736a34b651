"""Requests as they come: their headers, and bodies read, decoded and bounded on the way."""

from collections.abc import Mapping

from starlette.requests import Request

from analytics_pipeline.gunzip import MAGIC, CorruptGzip, Gunzip
from analytics_pipeline.ingest.admission import Lease, cost_of
from analytics_pipeline.ingest.refusals import (
    BodyTooLarge,
    IncompleteBody,
    InvalidEncoding,
    UnsupportedMediaType,
)
from analytics_pipeline.ingest.workers import Workers

# From here on a body is worked on by a thread, so that the requests beside it do not wait for it.
LARGE_BYTES = 128 * 1024
_PLAIN = frozenset({"", "identity"})
_GZIPPED = frozenset({"gzip", "x-gzip"})  # RFC 9110, 8.4.1.3: the two are equivalent
_COUNTED_DIGITS = 18  # of a Content-Length: enough for any size, few enough to be read as one


def first_headers(request: Request) -> dict[bytes, bytes]:
    """Return the first value of each header by its name in lower case.

    `Request.headers` compares all names, as text, for each that is asked for.
    """
    return dict(reversed(request.scope["headers"]))


async def read_body(
    request: Request,
    headers: Mapping[bytes, bytes],
    lease: Lease,
    max_bytes: int,
    workers: Workers,
) -> bytes:
    """Return the body, whose cost `lease` holds, decoded if its header or first bytes say gzip.

    Raises UnsupportedMediaType, BodyTooLarge (as received or as decoded), InvalidEncoding,
    IncompleteBody or Overloaded as soon as it is known.
    """
    encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
    if encoding not in _PLAIN and encoding not in _GZIPPED:
        raise UnsupportedMediaType("Content-Encoding: only gzip and identity are accepted")
    received = await _receive(request, headers.get(b"content-length", b""), lease, max_bytes)
    if not received.startswith(MAGIC) and (not received or encoding in _PLAIN):
        return received
    if len(received) < LARGE_BYTES:
        try:
            return _gunzip(received, lease, min(LARGE_BYTES, max_bytes))
        except BodyTooLarge:
            pass  # for the event loop
    return await workers.run(_gunzip, received, lease, max_bytes)


async def _receive(request: Request, length: bytes, lease: Lease, max_bytes: int) -> bytes:
    digits = length[:_COUNTED_DIGITS]
    expected = int(digits) if digits.isdigit() else 0
    _check_size(expected, max_bytes)
    lease.hold(cost_of(expected))
    size, chunks, is_more = 0, [], True
    while is_more:
        message = await request.receive()  # as ASGI has it: `Request.stream` is a generator more
        if message["type"] == "http.disconnect":
            raise IncompleteBody("the connection ended within the body")
        is_more = message.get("more_body", False)
        if chunk := message.get("body"):
            chunks.append(chunk)
            size += len(chunk)
            if size > expected:
                _check_size(size, max_bytes)
                lease.hold(cost_of(size))
    return b"".join(chunks)


def _gunzip(received: bytes, lease: Lease, max_bytes: int) -> bytes:
    gunzip, size, pieces = Gunzip(), 0, []
    try:
        for piece in gunzip.decode(received):
            size += len(piece)
            _check_size(size, max_bytes)
            lease.hold(len(received) + cost_of(size))
            pieces.append(piece)
        gunzip.finish()
    except CorruptGzip as exc:
        raise InvalidEncoding(f"the body is {exc}") from exc
    return b"".join(pieces)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyTooLarge(f"the body exceeds {max_bytes} bytes")
