"""The thread that sends: one process at a time, one batch at a time."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable

from analytics_pipeline_client.client_errors import WithdrawnError
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.batching import Batch
from analytics_pipeline_client.outbox.event_outbox import Outbox, Waiting
from analytics_pipeline_client.outbox.locks import Lock
from analytics_pipeline_client.sending.batch_delivery import Delivery
from analytics_pipeline_client.sending.gate import Gate
from analytics_pipeline_client.sending.pacing import Pacing
from analytics_pipeline_client.sending.verdicts import Judgement, Verdict

_LOCKED_SECONDS = 0.1  # until another process is asked again whether it still sends
_FAILED_SECONDS = 1.0  # after the outbox could not be read


class Sender:
    """Sends what waits, when it is due."""

    def __init__(  # noqa: PLR0917 - its parts, each once
        self,
        outbox: Outbox,
        gate: Gate,
        delivery: Delivery,
        lock: Lock,
        options: Options,
        report: Callable[[str, str], None],
    ) -> None:
        self.on_sent: Callable[[], None] = lambda: None
        self.pacing = Pacing(options.retry_base, options.retry_cap, options.halt_seconds)
        self._outbox = outbox
        self._gate = gate
        self._lock = lock
        self._options = options
        self._delivery = delivery
        self._report = report
        self._changed = threading.Condition()
        self._woken = False
        self._hurries = False
        self._ended = False
        self._drains = False
        self._oldest_at: float | None = None
        self._asked = (0.0, 0.0)
        self._thread = threading.Thread(target=self._run, name="analytics-sender", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """Look whether anything is due."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def drain(self) -> None:
        """Send all that waits, whatever its size and age, and without pauses of our own."""
        with self._changed:
            self._drains = self._hurries = True
        self.wake()

    def wait_for_change(self, seconds: float) -> None:
        """Wait until a batch was settled, but no longer than some seconds."""
        with self._changed:
            self._changed.wait(seconds)

    def stop(self, timeout: float) -> None:
        """End after the attempt that is being made."""
        with self._changed:
            self._ended = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        pause = 0.0
        while not self._ended:
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._ended, pause)
                self._woken = False
                if self._hurries:
                    self._hurries = False
                    self.pacing.hurry()
            try:
                pause = self._turn()
            except sqlite3.Error as error:
                if not self._ended:  # then it is closed, and what was not noted is sent again
                    self._report("failed", f"the outbox cannot be read: {error}")
                pause = _FAILED_SECONDS
            except Exception as error:  # noqa: BLE001 - a defect ends no thread that others need
                self._report("failed", f"{type(error).__name__} while sending")
                pause = _FAILED_SECONDS
        self._delivery.close()

    def _turn(self) -> float:
        """Send one batch if one is due; return the seconds until the next look."""
        ticket = self._gate.take_pass()
        if ticket is None:
            return self._options.flush_seconds + _LOCKED_SECONDS
        waiting = self._look()
        pause = self._due_in(waiting)
        if pause > 0:
            return pause
        if not self._lock.acquire():
            return _LOCKED_SECONDS
        try:
            self._send_one(ticket, self._look())
        finally:
            self._lock.release()
        with self._changed:
            self._changed.notify_all()
        return 0.0

    def _look(self) -> Waiting:
        waiting = self._outbox.waiting(self._options.batch_events)
        if waiting.events == 0:
            self._oldest_at = None
            self._drains = self._drains and bool(waiting.batches)
        elif self._oldest_at is None:
            self._oldest_at = time.monotonic()
        if waiting.asked != self._asked:  # maybe another process, or the one before, was asked
            self._asked = waiting.asked
            gone = max(self._options.clock() - waiting.asked[0], 0.0)
            self.pacing.asked(max(waiting.asked[1] - gone, 0.0))
        return waiting

    def _due_in(self, waiting: Waiting) -> float:
        """Return the seconds until a batch is to be sent, or another look is worth it."""
        due: list[float] = [self._options.flush_seconds + _LOCKED_SECONDS]
        if waiting.batches:
            ready = self.pacing.choose(waiting.batches) is not None
            due.append(0.0 if ready else self.pacing.next_ready())
        if waiting.events and self.pacing.may_cut(waiting.batches, full=self._is_full(waiting)):
            due.append(self._ripe_in(waiting))
        return max(min(due), self.pacing.pause())

    def _ripe_in(self, waiting: Waiting) -> float:
        enough = (
            waiting.events >= self._options.flush_events
            or waiting.bytes >= self._options.flush_bytes
            or self._drains
        )
        if enough or self._oldest_at is None:
            return 0.0
        return max(self._oldest_at + self._options.flush_seconds - time.monotonic(), 0.0)

    def _is_full(self, waiting: Waiting) -> bool:
        return (
            waiting.events >= self._options.batch_events
            or waiting.bytes >= self._options.batch_bytes
        )

    def _send_one(self, ticket: int, waiting: Waiting) -> None:
        number = self.pacing.choose(waiting.batches)
        if number is None:
            if self._outbox.cut():
                self._oldest_at = None
            waiting = self._look()
            number = self.pacing.choose(waiting.batches)
        batch = None if number is None else self._outbox.read(number)
        if batch is not None:
            with contextlib.suppress(WithdrawnError):
                self._settle(batch, *self._delivery.attempt(batch, ticket))

    def _settle(self, batch: Batch, status: int, judgement: Judgement) -> None:
        match judgement.verdict:
            case Verdict.ACKNOWLEDGED:
                self._outbox.acknowledge(batch)
                self.pacing.answered(batch.id)
                self.on_sent()
            case Verdict.SPLIT:
                self._outbox.split(batch)
                self.pacing.answered(batch.id)
            case Verdict.PARK:
                reason, message = judgement.reason or "refused", judgement.message
                self._outbox.park(batch, status, reason, message)
                self.pacing.answered(batch.id)
                self._report("parked", f"{batch.count} events: {status} {reason} {message}")
            case Verdict.HALT:
                self.pacing.refused(judgement.pause)
                self._report("halted", f"{status} {judgement.reason} {judgement.message}")
            case Verdict.RETRY:
                self.pacing.failed(batch.id, batch.attempts, judgement.pause)
                self._outbox.failed(batch, judgement.pause)
