"""The client: what a game or an app calls."""

import atexit
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from analytics_pipeline_client.client_errors import WrongEventError
from analytics_pipeline_client.device_clock import iso
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.event_lines import encoded
from analytics_pipeline_client.outbox.event_outbox import Parked
from analytics_pipeline_client.process.per_process import PerProcess
from analytics_pipeline_client.process.running import Running
from analytics_pipeline_client.reports import Progress, Status, safely
from analytics_pipeline_client.sending.file_uploads import Upload, Uploader

_EACH_SECONDS = 5  # how long `keep_each` waits for a disk that is full, or busy

Entered = TypeVar("Entered", bound="Client")


class Client:
    """Keeps events on disk until the pipeline has stored them; for any number of threads.

    `folder` is where the outbox is; processes may share it. With `None` it is in memory. Raises
    `ValueError` for a URL or a key that cannot be one.
    """

    def __init__(
        self, url: str, key: str, folder: str | Path | None, options: Options | None = None
    ) -> None:
        if not key or not key.isprintable():
            raise ValueError("the API key is empty, or has characters that no key has")
        self._address = (url, key)
        self._folder = None if folder is None else Path(folder)
        self._options = options or Options()
        self._report = safely(self._options.on_report)
        self._consent = self._options.consent
        self._paused_at = time.monotonic()
        self._process = PerProcess(self._begin)
        atexit.register(self._at_exit)

    @property
    def session(self) -> str:
        """The session of the events from now on."""
        return self._process.now().keeper.session.id

    def track(
        self, event_type: str, event: Mapping[str, object] | None = None, /, **fields: object
    ) -> bool:
        """Take an event; tell whether it was taken, which it is not without consent or room.

        It is on disk some hundredths of a second later, and for certain once `keep` has returned;
        with `keep_each` when this returns true, which takes five seconds at most.
        Raises `WrongEventError` where it is not JSON, or too large; nothing else.
        """
        if not isinstance(event_type, str) or not isinstance(event or {}, Mapping):
            raise WrongEventError("an event is the text of its type, and a mapping of its fields")
        told = {
            "eventType": event_type,
            "eventTimestamp": iso(self._options.clock()),
            **(event or {}),
            **fields,
        }
        line = encoded(told, self._options.max_event_bytes)
        try:
            keeper = self._process.now().keeper
        except ValueError:  # closed, maybe by another thread
            return False
        return keeper.take(line) and (not self._options.keep_each or keeper.wait(_EACH_SECONDS))

    def keep(self, timeout: float | None = None) -> bool:
        """Wait until all that was tracked is on disk; tell whether it is (or dropped: `status`)."""
        return self._process.now().keeper.wait(timeout)

    def flush(self, timeout: float = 10) -> int:
        """Send all that waits, now; return how many events are not acknowledged at the end."""
        return self._process.now().flush(timeout)

    def status(self) -> Status:
        """Return how this client is."""
        now = self._process.now()
        waiting, parked, dropped = now.outbox.counts()
        return Status(
            waiting=waiting + now.keeper.queued(),
            parked=parked,
            dropped=dropped,
            durable=now.file.durable,
            halted=now.sender.pacing.halted,
        )

    def progress(self) -> Progress:
        """Return what became of the events of this client that are not in memory any more."""
        keeper = self._process.now().keeper
        return Progress(keeper.kept, keeper.dropped, keeper.session.next)

    def consent(self, *, granted: bool) -> None:
        """Keep and send; or delete all that is kept, and send nothing of it after this returns."""
        self._consent = granted
        self._process.now().consent(granted=granted)

    def begin_session(self) -> str:
        """Give the events from now on a new session; return its id."""
        return self._process.now().keeper.begin_session().id

    def pause(self) -> None:
        """Keep and send what there is, because the app goes to the background and may be ended."""
        now = self._process.now()
        self._paused_at = time.monotonic()
        now.keeper.wait(self._options.exit_seconds)
        now.sender.drain()

    def resume(self) -> None:
        """Go on after a pause, in a new session where it was longer than `session_timeout`."""
        now, timeout = self._process.now(), self._options.session_timeout
        if timeout > 0 and time.monotonic() - self._paused_at > timeout:
            now.keeper.begin_session()
        now.sender.wake()

    def parked(self) -> list[Parked]:
        """Return the batches that the server refuses for what they are, with its answers."""
        return self._process.now().outbox.parked()

    def retry_parked(self) -> int:
        """Send them again, under the keys they had; return how many."""
        now = self._process.now()
        count = now.outbox.retry_parked()
        now.sender.wake()
        return count

    def upload_file(
        self,
        content: bytes | str | Path,
        content_type: str,
        file_parent: str = "unknown",
        file_child: str = "unknown",
        *,
        category: str = "crashdump",
        timeout: float = 60,
    ) -> str:
        """Store a file, given by its path or as bytes; return its name in Cloud Storage.

        Raises `UploadFailedError`, `WithdrawnError`, `OSError` for a file that cannot be read, and
        `ValueError` for a name that the server does not take.
        """
        upload = Upload(content, content_type, file_parent, file_child, category)
        return Uploader(self._address, self._options, self._process.now().gate).upload(
            upload, timeout
        )

    def close(self, timeout: float = 10) -> int:
        """Keep what was tracked, send for some seconds what waits, and end.

        Returns how many events are not acknowledged: the next client of this folder sends them.
        """
        running = self._process.end()
        atexit.unregister(self._at_exit)
        return 0 if running is None else running.close(timeout)

    def __enter__(self: Entered) -> Entered:
        """Return the client."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _begin(self) -> Running:
        options = replace(self._options, consent=self._consent)
        return Running(self._address, self._folder, options, self._report)

    def _at_exit(self) -> None:
        self.close(self._options.exit_seconds)
