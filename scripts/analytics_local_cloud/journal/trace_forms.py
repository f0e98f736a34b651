"""What is known of each thing that a client sent, as everybody reads it: pages and programs."""

from typing import Literal

import msgspec

Kind = Literal["event", "bytes", "file", "repeat", "refused"]
State = Literal["stored", "loaded", "dead_letter", "issued", "repeated", "refused"]


class Hops(msgspec.Struct, omit_defaults=True):
    """Milliseconds from the beginning of the request until it came so far; None: not yet.

    `made` is when `load` made the row, `loaded` when the row could be queried.
    """

    answered: float | None = None
    stored: float | None = None
    made: float | None = None
    loaded: float | None = None


class Trace(msgspec.Struct):
    """One event, or something else that was sent.

    `at` is when its request began, the first of them where answers were lost; `status` is 0 where
    no answer was heard. `labels` are environment and category. `number` counts traces in the order
    of their requests' ends, `revision` grows with each change. `line` is that of the event in its
    object, from 1; 0 where there is none. `attributes` is the beginning of what the event has
    beside its usual fields. `times_sent` counts its request with the repeats of it. `size` is about
    how many bytes of memory it takes.
    """

    kind: Kind
    state: State
    at: float
    status: int
    labels: tuple[str, str]
    number: int = 0
    revision: int = 0
    batch_id: str = ""
    line: int = 0
    reason: str = ""
    session_id: str = ""
    event_type: str = ""
    event_index: int | None = None
    player_id: str = ""
    attributes: str = ""
    times_sent: int = 1
    hops: Hops = msgspec.field(default_factory=Hops)
    # What only the inspector shows:
    request: str = ""
    sent: str = ""
    object_name: str = ""
    size: int = 1_500
    row: dict[str, object] | None = None
    letter: dict[str, object] | None = None
