"""How a client is, and how far it has come."""

from dataclasses import dataclass


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
