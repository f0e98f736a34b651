"""What runs behind a client, in one process: the outbox, the keeper and the sender."""

import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from analytics_pipeline_client.device_clock import uuid7
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.batching import Cut
from analytics_pipeline_client.outbox.client_sessions import Session
from analytics_pipeline_client.outbox.event_outbox import Outbox
from analytics_pipeline_client.outbox.keeper import Keeper
from analytics_pipeline_client.outbox.locks import FileLock, Lock, NoLock
from analytics_pipeline_client.outbox.outbox_file import OutboxFile
from analytics_pipeline_client.sending.batch_delivery import Delivery
from analytics_pipeline_client.sending.gate import Gate
from analytics_pipeline_client.sending.sender import Sender

_LOOK_SECONDS = 0.05  # how soon a flush sees what another process has sent


class Running:
    """The threads and files of a client in one process; a child that is forked makes its own."""

    def __init__(
        self,
        address: tuple[str, str],
        folder: Path | None,
        options: Options,
        report: Callable[[str, str], None],
    ) -> None:
        self.file = OutboxFile(folder, report)
        self._options = options
        on_disk = folder if self.file.durable else None
        self._sending = _lock(on_disk, "sending.lock")
        self._session_lock = _lock(on_disk, "session.lock")
        cut = Cut(options.batch_events, options.batch_bytes, options.compress)
        self.outbox = Outbox(self.file, options.clock, cut)
        self.gate = Gate(is_open=options.consent is True)
        parameters = {
            "event_category": options.category,
            "analytics_environment": options.environment,
        }
        if options.consent is False:
            self.outbox.withdraw()
        route = urllib.parse.urlencode(parameters)
        self.keeper = Keeper(self.outbox, self._first_session(), options, route, report)
        delivery = Delivery(address, options, self.gate)
        self.sender = Sender(self.outbox, self.gate, delivery, self._sending, options, report)
        self.keeper.on_kept = self.sender.wake
        self.sender.on_sent = self.keeper.tell
        if options.consent is True:
            self.keeper.open()
        self.keeper.start()
        self.sender.start()

    def flush(self, timeout: float) -> int:
        """Send all that waits; return how many events are not acknowledged at the end."""
        end = time.monotonic() + timeout
        if self.gate.is_open:
            self.keeper.wait(timeout)
            self.sender.drain()
        while (left := self.left()) and self.gate.is_open and time.monotonic() < end:
            self.sender.wait_for_change(min(_LOOK_SECONDS, max(end - time.monotonic(), 0)))
            if self.left() == 0 and self.keeper.write_now():  # maybe what was dropped is told
                self.sender.drain()
        return left

    def left(self) -> int:
        """Return how many events are not acknowledged, and not parked."""
        return self.keeper.queued() + self.outbox.counts()[0]

    def consent(self, *, granted: bool) -> None:
        """Keep and send, or delete all and do neither; after this, nothing from before goes out."""
        if granted and self.gate.is_open:
            return
        if granted:
            self.outbox.grant()
            self.gate.open()
            self.keeper.open()
            self.sender.wake()
        else:
            self.gate.close()
            self.keeper.discard()
            self.outbox.withdraw()

    def close(self, timeout: float) -> int:
        """Keep what is queued, send for some seconds what waits, and end; return what is left."""
        end = time.monotonic() + timeout
        left = self.flush(timeout)
        self.keeper.stop(max(end - time.monotonic(), _LOOK_SECONDS))
        self.sender.stop(max(end - time.monotonic(), _LOOK_SECONDS))
        self.file.close()
        self._session_lock.release()
        return left

    def abandon(self) -> None:
        """Forget the locks, in a child that was forked."""
        self._sending.abandon()
        self._session_lock.abandon()

    def _first_session(self) -> Session:
        options = self._options
        if options.session_timeout > 0 and self._session_lock.acquire():
            return self.outbox.session(options.session_timeout)
        return Session(uuid7(options.clock()))


def _lock(folder: Path | None, name: str) -> Lock:
    if folder is None:
        return NoLock()
    lock = FileLock(folder / name)
    try:
        lock.acquire()
    except OSError:  # some network folders know none: batches have names, so that is harmless
        return NoLock()
    lock.release()
    return lock
