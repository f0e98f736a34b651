"""The fake services as a process (native/fake_services.c)."""

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Stored:
    """What a request brought: the path it was sent to, and its content."""

    path: str
    content: bytes


@dataclass(frozen=True)
class FakeCloud:
    """The running fake of Cloud Storage and BigQuery."""

    port: int

    @property
    def url(self) -> str:
        """Where clients find both services."""
        return f"http://{_LOOPBACK}:{self.port}"

    def reset(self, delay_ms: int = 0) -> None:
        """Forget all that was stored and counted; from now on answers take so long."""
        self._ask("POST", f"/_control/reset?delay_ms={delay_ms}")

    def counters(self) -> Mapping[str, int]:
        """Return what was counted since the last reset: stored, inserts, reads, bytes."""
        counted: Mapping[str, int] = json.loads(self._ask("GET", "/_control/counters"))
        return counted

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object that is to be read."""
        self._ask("PUT", f"/{bucket}/{name}", content)

    def stored(self) -> Sequence[Stored]:
        """Return all that was stored since the last reset, in the order of arrival."""
        return list(_read_stored(self._ask("GET", "/_control/stored")))

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection(_LOOPBACK, self.port, timeout=60)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_fake(program: Path, prefix: Sequence[str] = ()) -> Iterator[FakeCloud]:
    """Run the fake services while the context lasts; `prefix` may pin them to a core."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*prefix, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None, "it is a pipe"  # noqa: S101 - for the type checker
        assert process.stdout is not None, "it is a pipe"  # noqa: S101 - for the type checker
        try:
            yield FakeCloud(int(process.stdout.readline()))
        finally:
            process.stdin.close()


def _read_stored(listing: bytes) -> Iterator[Stored]:
    at = 0
    while at < len(listing):
        end = listing.index(b"\n", at)
        path, _, length = listing[at:end].rpartition(b" ")
        begin, at = end + 1, end + 2 + int(length)
        content = listing[begin : at - 1]
        is_multipart = path.startswith(b"/upload/")
        yield Stored(path.decode(), _second_part(content) if is_multipart else content)


def _second_part(body: bytes) -> bytes:
    """Return the content of a multipart upload: what follows the object's metadata."""
    content = body.split(b"\r\n\r\n", 2)[2]
    return content[: content.rindex(b"\r\n--", 0, len(content) - 4)]
