"""The row code of a revision in a process of its own, so that two can run side by side."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Self, cast

import msgspec

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.rehearse import row_worker
from analytics_commands.rehearse.revisions import Revision
from analytics_commands.rehearse.row_worker import ObjectHead
from analytics_pipeline.stored_objects import StoredObject

_START = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]);"
    " runpy.run_path(sys.argv[2], run_name='__main__')"
)
_PIPE_BYTES = 1024 * 1024
_COMPLAINT_BYTES = 4096


class RowProcess:
    """Makes rows by the code of one revision; all raise CommandFailed when it cannot go on."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - until the process ends
        # Ctrl-C ends it as it ends us; what it has to say about that is not shown.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-B",
                "-P",
                "-c",
                _START,
                str(revision.functions),
                row_worker.__file__,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            bufsize=_PIPE_BYTES,
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)

    def __enter__(self) -> Self:
        """Return itself; the process ends with the context."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process: it holds nothing that would have to be kept."""
        self.kill()
        self._complaints.close()
        with suppress(BrokenPipeError):  # what it did not read any more
            self._stdin.close()
        self._stdout.close()

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()

    def read_schema(self) -> bytes:
        """Return the columns of `events_function`, as JSON, when the code is loaded; once."""
        return self._readline()

    def send(self, stored: StoredObject, content: bytes) -> None:
        """Let it make rows of the object; all of what `outcomes` yields has to be read before."""
        head = ObjectHead(
            bucket=stored.ref.bucket,
            name=stored.ref.name,
            generation=stored.ref.generation,
            created=stored.created,
            size=stored.size,
            content_encoding=stored.content_encoding,
            metadata=stored.metadata,
            length=len(content),
        )
        try:
            self._stdin.write(msgspec.json.encode(head) + b"\n")
            self._stdin.write(content)
            self._stdin.flush()
        except BrokenPipeError as exc:
            raise self._failure() from exc

    def outcomes(self) -> Iterator[bytes]:
        """Yield the object's outcomes, encoded, while they are made."""
        while (line := self._readline()) != b"\n":
            yield line

    def _readline(self) -> bytes:
        line = self._stdout.readline()
        if not line:
            raise self._failure()
        return line

    def _failure(self) -> CommandFailed:
        """Return what it wrote last, which of a traceback is the error."""
        code = self._process.wait()
        size = self._complaints.seek(0, 2)
        self._complaints.seek(max(0, size - _COMPLAINT_BYTES))
        lines = self._complaints.read().decode(errors="replace").split("\n")
        said = next((line for line in reversed(lines) if line.strip()), f"it ended with {code}")
        return CommandFailed(f"the row code of {self._revision.name} cannot be run: {said}")
