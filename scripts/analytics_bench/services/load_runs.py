"""Requests sent by the load generator (native/load_generator.c), and how that went."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

_MOST = 10**9


class Sending(msgspec.Struct, frozen=True):
    """What the load generator reports; `refused` had another status than 200, `lost` none."""

    sent: int
    answered: int
    refused: int
    lost: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """Requests that were not answered with success."""
        return self.refused + self.lost


def send(
    program: Path,
    port: int,
    requests: Path,
    *,
    connections: int = 1,
    count: int = _MOST,
    seconds: float = 600.0,
    prefix: Sequence[str] = (),
) -> Sending:
    """Send the file's requests in turn, until `count` are sent or the seconds are over."""
    command = [*prefix, str(program), str(port), str(requests)]
    command += [str(connections), str(count), str(seconds)]
    return msgspec.json.decode(subprocess.check_output(command), type=Sending)  # noqa: S603 - our own program
