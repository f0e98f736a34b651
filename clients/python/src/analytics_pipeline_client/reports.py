"""What the client tells its owner: how it is, when asked, and what a person may want to know."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

LOGGER = logging.getLogger("analytics_pipeline_client")


@dataclass(frozen=True)
class Status:
    """How a client is.

    `waiting` counts events that are not acknowledged, `parked` batches that a person has to look
    at, `dropped` the events for which the outbox never had room. `halted`
    says that the server refuses the key or the address, `durable` that the outbox is on disk.
    """

    waiting: int
    parked: int
    dropped: int
    durable: bool
    halted: bool


@dataclass(frozen=True)
class Progress:
    """What this client has done: events kept, events dropped, `eventIndex` of the next event."""

    kept: int
    dropped: int
    next_index: int


@dataclass(frozen=True)
class Report:
    """Something that a person may want to know.

    `what` is one of `halted` (the key or the address is refused, everything waits), `parked` (a
    batch waits for a person), `dropped` (the outbox was full), `outbox_damaged` (it was set
    aside), `not_durable` (events are in memory only), `storage_full` (events wait in memory) and
    `failed` (a defect of this library). `detail` is a sentence, without the API key.
    """

    what: str
    detail: str


def log_report(report: Report) -> None:
    """Write a report to the logger `analytics_pipeline_client`."""
    LOGGER.warning("%s: %s", report.what, report.detail)


def safely(on_report: Callable[[Report], None]) -> Callable[[str, str], None]:
    """Return a function that reports, and never raises what the owner's function raises."""

    def report(what: str, detail: str) -> None:
        try:
            on_report(Report(what, detail))
        except Exception:  # the owner's function is not ours, and analytics breaks no game
            LOGGER.exception("on_report failed")

    return report
