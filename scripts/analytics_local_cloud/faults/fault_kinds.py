"""The faults there are: where they hit, what they do, which requests, how often."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Service = Literal["gateway", "storage", "warehouse"]
Place = Literal["gateway", "storage", "warehouse", "events"]
When = Literal["before", "after"]
_Seconds = Annotated[float, Meta(ge=0, le=600)]
_TEN_YEARS = 10 * 366 * 24 * 3600


class Lasting(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="do",
    tag=str.lower,
):
    """A fault that is there for as long as it is switched on."""


class Repeated(Lasting, frozen=True, kw_only=True):
    """A fault that hits with a `probability`, its dice thrown by `seed`, at most `times` times."""

    probability: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: int = 0
    times: Annotated[int, Meta(ge=1)] | None = None


class Selective(Repeated, frozen=True, kw_only=True):
    """A fault of requests of the `method`, or any, whose path begins with `path`.

    Events have the name of their object for a path, and no method.
    """

    method: str = ""
    path: str = ""


class Status(Selective, frozen=True, kw_only=True):
    """Answers `code`, before the request is carried out, or after it was, unheard.

    `retry_after` in seconds is a header of the answer.
    """

    at: Service
    code: Annotated[int, Meta(ge=400, le=599)] = 503
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    when: When = "before"


class Reset(Selective, frozen=True, kw_only=True):
    """Resets the connection, before the request is carried out, or after: its answer is lost."""

    at: Service
    when: When = "before"


class Truncate(Selective, frozen=True, kw_only=True):
    """Breaks the connection off once `bytes` of the answer's body are sent, if it has as many."""

    at: Service
    bytes: Annotated[int, Meta(ge=1)] = 1


class Delay(Selective, frozen=True, kw_only=True):
    """Carries the request, or the delivery, out `seconds` later."""

    at: Place
    seconds: _Seconds = 1.0


class Duplicate(Selective, frozen=True, kw_only=True):
    """Delivers an event `copies` times more, at the same moment."""

    at: Literal["events"]
    copies: Annotated[int, Meta(ge=1, le=100)] = 1


class Drop(Selective, frozen=True, kw_only=True):
    """Loses a delivery, or its acknowledgement, and tries again later; or the event, for ever."""

    at: Literal["events"]
    what: Literal["delivery", "acknowledgement", "event"] = "delivery"


class Reorder(Repeated, frozen=True, kw_only=True):
    """Delivers what waits in any order."""

    at: Literal["events"]


class Full(Lasting, frozen=True, kw_only=True):
    """Lets no file of the services grow."""

    at: Literal["disk"]


class Shift(Lasting, frozen=True, kw_only=True):
    """Sets the clock of the services ahead, or back, by `seconds`."""

    at: Literal["clock"]
    seconds: Annotated[float, Meta(ge=-_TEN_YEARS, le=_TEN_YEARS)]


Fault = Status | Reset | Truncate | Delay | Duplicate | Drop | Reorder | Full | Shift
KINDS = (Status, Reset, Truncate, Delay, Duplicate, Drop, Reorder, Full, Shift)


class FaultList(Struct, frozen=True, forbid_unknown_fields=True):
    """What the API takes and answers; `played` is how often each fault took place, and not read."""

    faults: Annotated[tuple[Fault, ...], Meta(max_length=100)]
    played: tuple[int, ...] = ()


class UnknownFault(Exception):
    """What was asked for is no list of faults; the message says what is known."""


def read_faults(body: bytes) -> tuple[Fault, ...]:
    """Return the faults of a body in JSON; raises UnknownFault."""
    try:
        return msgspec.json.decode(body, type=FaultList).faults
    except (msgspec.DecodeError, UnicodeError) as exc:
        raise UnknownFault(f'{exc}. Known are {{"faults": [...]}} of {_known()}.') from exc


def _known() -> str:
    """Return each fault with its fields, as they are sent."""
    return "; ".join(
        f'{{"do": "{kind.__name__.lower()}", '
        + ", ".join(f'"{field.name}"' for field in msgspec.structs.fields(kind))
        + "}"
        for kind in KINDS
    )
