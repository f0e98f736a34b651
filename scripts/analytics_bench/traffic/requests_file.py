"""Pure: requests as the load generator reads them (native/load_generator.c)."""

from collections.abc import Iterable, Sequence

from analytics_bench.traffic.game_events import body_of

_HEAD = (
    "POST /v1/event?key={key}&analytics_environment=live&event_category=function"
    "&session_id=session-{number:06d} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
    "Accept: */*\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
    "X-Cloud-Trace-Context: 105445aa7843bc8bf206b120{number:08x}/{number};o=1\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


def post_events(batch: Sequence[bytes], number: int, key: str = "none") -> bytes:
    """Return the request that sends a batch, as the gateway passes it on."""
    body = body_of(batch)
    return _HEAD.format(number=number, key=key, length=len(body)).encode() + body


def put_object(number: int, content: bytes) -> bytes:
    """Return the request that stores an object of its own name: what the ceiling is measured by."""
    head = (
        f"PUT /b/o-{number} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def requests_file(requests: Iterable[bytes]) -> bytes:
    """Return the content of the load generator's file."""
    return b"".join(b"%d\n%b" % (len(request), request) for request in requests)
