"""Records of `logging`, and exceptions that nobody caught, as events."""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Protocol

from analytics_pipeline_client.reports import LOGGER

_LONGEST = 32_000  # characters of a message or a traceback


class Reporter(Protocol):
    """A client."""

    def track(self, event_type: str, /, **fields: object) -> bool:
        """Take an event."""

    def keep(self, timeout: float | None = None) -> bool:
        """Wait until it is on disk."""


class AnalyticsHandler(logging.Handler):
    """Tracks records of `logging`: as `crash` from CRITICAL, else as `error` or `log`.

    It raises nothing. What the client itself logs is left out: it would log that, too.
    """

    def __init__(self, client: Reporter, level: int = logging.ERROR) -> None:
        super().__init__(level)
        self._client = client
        self._handling = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Track a record."""
        if record.name.split(".")[0] == LOGGER.name or getattr(self._handling, "on", False):
            return
        self._handling.on = True
        try:
            attributes = {
                "logger": record.name,
                "level": record.levelname,
                "message": _cut(record.getMessage()),
                "where": f"{record.module}:{record.lineno}",
            }
            if record.exc_info and record.exc_info[1]:
                attributes |= _told(record.exc_info[1])
            self._client.track(_event_type(record.levelno), eventAttributes=attributes)
        except Exception:  # noqa: BLE001 - logging breaks no game
            self.handleError(record)
        finally:
            self._handling.on = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as logging has it
        """Say on stderr that a record could not be tracked, where `logging.raiseExceptions`."""
        try:
            super().handleError(record)
        except Exception:  # noqa: BLE001 - a message that cannot be made text, either
            return


def report_crashes(client: Reporter) -> None:
    """Track what nobody catches, in any thread, as `crash`, before it is handled as ever."""
    before, before_in_threads = sys.excepthook, threading.excepthook

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        _track_crash(client, error)
        before(kind, error, where)

    def hook_in_threads(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            _track_crash(client, arguments.exc_value)
        before_in_threads(arguments)

    sys.excepthook, threading.excepthook = hook, hook_in_threads


def _track_crash(client: Reporter, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return
    try:
        client.track("crash", eventAttributes=_told(error))
        client.keep(1)
    except Exception:  # noqa: BLE001 - the program's own error is what has to be seen
        return


def _event_type(level: int) -> str:
    if level >= logging.CRITICAL:
        return "crash"
    return "error" if level >= logging.ERROR else "log"


def _told(error: BaseException) -> dict[str, str]:
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return {"exception": type(error).__name__, "traceback": "".join(lines)[-_LONGEST:]}


def _cut(text: str) -> str:
    return text[:_LONGEST]
