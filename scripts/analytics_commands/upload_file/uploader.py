"""A file on its way: tickets and PUTs, until it is stored or the attempts are used up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import requests

from analytics_commands.upload_file.file_route import Gateway, Place
from analytics_commands.upload_file.file_source import Source
from analytics_commands.upload_file.signed_put import put
from analytics_commands.upload_file.upload_failures import (
    Interrupted,
    UploadFailed,
    UrlExpired,
    UrlRefused,
)
from analytics_commands.upload_file.upload_progress import Sending
from analytics_pipeline.ingest.uploads import UploadTicket

_FIRST_PAUSE_SECONDS = 0.5
# A server that refuses while it is still being sent to may look like a broken connection.
_INTERRUPTIONS_PER_URL = 2


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that is stored as `object` (`gs://…`); `size` in bytes, `md5_digest` in base64."""

    object: str
    size: int
    md5_digest: str


@dataclass(frozen=True, slots=True)
class Uploader:
    """Uploads one file after the other; each is tried up to `attempts` times."""

    http: requests.Session
    gateway: Gateway
    attempts: int
    wait: Callable[[float], None] = time.sleep

    def upload(self, path: Path, place: Place, sending: Sending) -> Uploaded:
        """Return once Cloud Storage holds exactly what the file held; raises UploadFailed."""
        with Source.open(path) as source:
            ticket = self._repeat(_Delivery(self.http, self.gateway, place, source, sending))
            return Uploaded(ticket.object, source.size, source.md5_digest)

    def _repeat(self, delivery: "_Delivery") -> UploadTicket:
        pause = _FIRST_PAUSE_SECONDS
        for number in count(1):
            try:
                return delivery.attempt()
            except Interrupted as exc:
                problem = f"attempt {number} of {self.attempts}: {exc}"
                pause = max(pause, exc.pause)
            if number >= self.attempts:
                break
            delivery.sending.note(f"{problem}; again in {pause:g} s")
            self.wait(pause)
            pause *= 2
        raise UploadFailed(problem)


class _Delivery:
    """One file with the ticket it has at the time."""

    def __init__(
        self,
        http: requests.Session,
        gateway: Gateway,
        place: Place,
        source: Source,
        sending: Sending,
    ) -> None:
        self.sending = sending
        self._http, self._gateway = http, gateway
        self._place, self._source = place, source
        self._ticket: UploadTicket | None = None
        self._interruptions = 0  # of PUTs with this ticket

    def attempt(self) -> UploadTicket:
        """Return the ticket once it is used; raises Interrupted, UploadFailed."""
        if self._ticket is None:
            self._ticket = self._gateway.issue(self._place, self._source)
            self._interruptions = 0
        ticket = self._ticket
        self.sending.restart(self._source.size)
        try:
            put(self._http, ticket, self._source, self.sending.advance)
        except Interrupted:
            self._interruptions += 1
            if self._interruptions == _INTERRUPTIONS_PER_URL:
                self._ticket = None
            raise
        except UrlExpired as exc:
            self._ticket = None
            raise Interrupted(str(exc)) from exc
        except UrlRefused as exc:
            # The URL admits one object: perhaps that is ours, but nobody can say so.
            if not self._interruptions:
                raise UploadFailed(str(exc)) from exc
            self._ticket = None
            raise Interrupted(f"{exc}; {ticket.object} may be there already") from exc
        return ticket
