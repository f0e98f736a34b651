"""A function, served as it is deployed: by the functions framework, in a process of its own."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from analytics_bench.services.clean_environment import clean_environment
from analytics_bench.traffic.game_events import make_event
from analytics_bench.traffic.requests_file import post_events
from analytics_commands.foundation.sources import SOURCES

SUBJECTS = Path(__file__).parent.parent / "subjects"
_LOOPBACK = "127.0.0.1"
_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05


class ServerFailed(Exception):
    """The function did not start; the message is the end of what it printed."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is measured: a function `target` in a file, and the variables it needs."""

    name: str
    source: Path
    target: str
    variables: Mapping[str, str] = field(default_factory=dict)


NOOP = Subject("no-op", SUBJECTS / "noop_function.py", "noop")
# THREADS: without, the framework would answer as few requests at a time as the machine has cores.
PLAIN = Subject("plain", SUBJECTS / "plain_function.py", "plain", {"THREADS": "80"})
OURS = Subject("ours", SOURCES / "functions" / "main.py", "ingest")


@dataclass(frozen=True)
class Server:
    """A function that answers; `pid` is the process that started the workers."""

    port: int
    pid: int


def available_cores() -> Sequence[int]:
    """Return the numbers of the cores that may be used."""
    return sorted(os.sched_getaffinity(0))


@contextmanager
def serving(
    subject: Subject,
    python: str,
    storage: str,
    log: Path,
    *,
    prefix: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Serve the function while the context lasts; `storage` is the URL of Cloud Storage.

    `prefix` is what the server's command is given to. Raises ServerFailed.
    """
    port = _free_port()
    settings = {
        "BUCKET_NAME": "bench",
        "GOOGLE_CLOUD_PROJECT": "bench",
        "STORAGE_EMULATOR_HOST": storage,
        "HOST": _LOOPBACK,
        "PORT": str(port),
        **subject.variables,
        **(variables or {}),
    }
    command = [*clean_environment(settings), *prefix, python]
    command += ["-m", "functions_framework", "--target", subject.target]
    command += ["--source", str(subject.source)]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own functions
            command, stdout=output, stderr=output, cwd=log.parent, start_new_session=True
        ) as process,
    ):
        try:
            _wait_answering(port, process, log)
            yield Server(port, process.pid)
        finally:
            _stop(process)


def _wait_answering(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Send a batch until it is answered with success."""
    request = post_events([make_event(0, is_small=True)], 0)
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            if _status(port, request) == http.HTTPStatus.OK:
                return
        time.sleep(_POLL_SECONDS)
    raise ServerFailed(log.read_text(errors="replace")[-2000:])


def _status(port: int, request: bytes) -> int:
    with socket.create_connection((_LOOPBACK, port), _START_SECONDS) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status


def _stop(process: subprocess.Popen[bytes]) -> None:
    for signal_sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal_sent)
            process.wait(_STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
