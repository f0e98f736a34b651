"""Request bodies: read, decoded and bounded before anything large is built."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from analytics_pipeline.gunzip import CorruptGzip, Gunzip
from analytics_pipeline.ingest.refusals import (
    BodyTooLarge,
    IncompleteBody,
    InvalidEncoding,
    Overloaded,
    UnsupportedMediaType,
)

_PLAIN = frozenset({"", "identity"})
_GZIPPED = frozenset({"gzip", "x-gzip"})  # RFC 9110, 8.4.1.3: the two are equivalent


class Lease:
    """The bytes that one request holds."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.held = 0

    def grow(self, size: int) -> None:
        """Hold `size` more bytes; raises Overloaded when the instance has no room for them."""
        self._admission.take(size)
        self.held += size


class Admission:
    """Bounds the decoded bytes that an instance holds at a time."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes

    def take(self, size: int) -> None:
        """Take `size` bytes of the room that is left; raises Overloaded."""
        if size > self._free:
            raise Overloaded("too many bytes in flight, try again")
        self._free -= size

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """Give back on exit whatever the request held."""
        lease = Lease(self)
        try:
            yield lease
        finally:
            self._free += lease.held


async def read_body(request: Request, lease: Lease, max_bytes: int) -> bytes:
    """Return the decoded body, which `lease` holds.

    Raises UnsupportedMediaType, BodyTooLarge (as received or as decoded), InvalidEncoding,
    IncompleteBody or Overloaded as soon as it is known.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in _PLAIN | _GZIPPED:
        raise UnsupportedMediaType("Content-Encoding: only gzip and identity are accepted")
    gunzip = Gunzip() if encoding in _GZIPPED else None
    declared = request.headers.get("content-length", "0")
    _check_size(int(declared) if declared.isdecimal() else 0, max_bytes)
    received, pieces = 0, []
    try:
        async for chunk in request.stream():
            received += len(chunk)
            _check_size(received, max_bytes)
            for piece in gunzip.decode(chunk) if gunzip else (chunk,):
                lease.grow(len(piece))
                _check_size(lease.held, max_bytes)
                pieces.append(piece)
        if gunzip and received:
            gunzip.finish()
    except ClientDisconnect as exc:
        raise IncompleteBody("the connection ended within the body") from exc
    except CorruptGzip as exc:
        raise InvalidEncoding(f"the body is {exc}") from exc
    return b"".join(pieces)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyTooLarge(f"the body exceeds {max_bytes} bytes")
